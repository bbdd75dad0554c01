import type { HealthcheckSpec } from '../../spec/worker-spec.js';
import { finished } from 'node:stream/promises';
import { describeProbe } from '../shared/settle.js';
import { exitCodeOf, kill, spawnIn } from './exec.js';
import type { Host } from './host.js';
import type { ObjectRecord } from './record.js';
import { shell } from './shim.js';
import type { PipedChild } from './system.js';

export type Health = 'starting' | 'healthy' | 'unhealthy';

/** Longest interval, in milliseconds, until a process is healthy for the first time, so that a long interval does not delay readiness. */
const eagerInterval = 500;

/** The result of a process's healthchecks. */
export interface Checked {
  health: Health;
  /** Number of counted failures in a row. */
  failures: number;
  /** Message of the last failure; `null` if there is none. */
  last: string | null;
}

/** Milliseconds after a check's end in which its output is still read. */
const lastOutput = 500;

/** Number of last characters of a check's output that are kept. */
const maxOutput = 4096;

/** State of one process's healthcheck, from one start of the process to the next. */
interface Course extends Checked {
  started: number;
  lastProbe: number;
  lastFailure: number;
  inFlight: Promise<void> | null;
}

/** Runs healthchecks when they are due, and stores their results. A check starts only in `look`. */
export class Healthchecks {
  private readonly courses = new Map<string, Course>();
  private readonly running = new Set<PipedChild>();

  constructor(private readonly host: Host) {}

  /** The current result for a process. Starts a check if one is due; see `settle`. `started`: start of the process's current run. */
  look(record: ObjectRecord, check: HealthcheckSpec, started: number): Checked {
    let course = this.courses.get(record.id);
    if (course?.started !== started) {
      course = { started, health: 'starting', failures: 0, last: null, lastProbe: -Infinity, lastFailure: -Infinity, inFlight: null };
      this.courses.set(record.id, course);
    }
    const now = this.host.clock.now();
    const pause = course.health === 'healthy' ? check.interval * 1000 : Math.min(check.interval * 1000, eagerInterval);
    if (!course.inFlight && now - course.lastProbe >= pause) course.inFlight = this.probe(record, check, course);
    return course;
  }

  /** Resolves when no check is in flight any more, after `ms` at the latest. */
  async settle(ms: number): Promise<void> {
    const waiting = new AbortController();
    const timeUp = this.host.clock.sleep(ms, waiting.signal).catch(() => undefined);
    await Promise.race([Promise.all([...this.courses.values()].map(({ inFlight }) => inFlight)), timeUp]);
    waiting.abort();
  }

  close(): void {
    for (const child of this.running) void kill(this.host, child, 'SIGKILL').catch(() => undefined);
    this.courses.clear();
  }

  private async probe(record: ObjectRecord, check: HealthcheckSpec, course: Course): Promise<void> {
    course.lastProbe = this.host.clock.now();
    const failure = await this.run(record, check).catch((error: unknown) => String(error));
    course.inFlight = null;
    const now = this.host.clock.now();
    course.last = failure;
    if (failure === null) {
      course.health = 'healthy';
      course.failures = 0;
      return;
    }
    // Checks that run more often than the interval must not use up the retries sooner.
    const counts = now - course.started >= check.start_period * 1000 && now - course.lastFailure >= check.interval * 1000;
    if (!counts) return;
    course.lastFailure = now;
    course.failures++;
    if (course.failures >= Math.max(check.retries, 1)) course.health = 'unhealthy';
  }

  /** @returns the message of the failure; `null` if the check passed */
  private async run(record: ObjectRecord, check: HealthcheckSpec): Promise<string | null> {
    const command = probeCommand(check.command);
    if (!command) return null;
    const child = await spawnIn(this.host, record, command, false);
    this.running.add(child);
    const done = new AbortController();
    let output = '';
    const read = [child.stdout, child.stderr].map((stream) => {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-maxOutput)));
      return finished(stream).catch(() => undefined);
    });
    try {
      const late = this.host.clock.sleep(check.timeout * 1000, done.signal).then(
        () => null,
        () => null,
      );
      const exit = await Promise.race([child.exited, late]);
      const code = exit === null ? null : exitCodeOf(exit);
      if (code === 0) return null;
      // The check's children may keep the streams open.
      if (exit !== null) await Promise.race([Promise.all(read), this.host.clock.sleep(lastOutput, done.signal).catch(() => undefined)]);
      return describeProbe(code, output);
    } finally {
      done.abort();
      this.running.delete(child);
      await kill(this.host, child, 'SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    }
  }
}

/** The program to run for a healthcheck in the Engine API's form; `null` for `NONE`. */
export function probeCommand(command: readonly string[]): string[] | null {
  const [form, ...rest] = command;
  if (form === 'CMD' && rest.length > 0) return rest;
  if (form === 'CMD-SHELL' && rest.length > 0) return [shell, '-c', rest.join(' ')];
  return form === undefined || form === 'NONE' ? null : [...command];
}

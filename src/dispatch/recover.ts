import { toMayflyError } from '../errors.js';
import { asksOf, organizationOf, specNameOf } from '../lease/birth.js';
import { bornAt, fenceOf } from '../lease/deadline.js';
import type { Log } from '../log.js';
import { beginCall } from '../worker/call.js';
import { endingsOf } from '../worker/endings.js';
import type { Runtime } from '../worker/runtime.js';
import { lostBody } from './intake.js';
import type { Node } from './nodes/node.js';
import type { NodeLook } from './nodes/node-watch.js';
import { isFinal, noProgram, type Run, unplaced } from './run.js';
import type { Runs } from './runs.js';
import { isOurs } from './steps/end.js';
import { runOfWorker, workerNameOf } from './worker-name.js';

export interface RecoveryParts {
  runtime: Runtime;
  runs: Runs;
  nodes: ReadonlyMap<string, Node>;
  /** Workers of another installation are left alone. */
  installation: string;
  log: Log;
}

/** Milliseconds before a node that does not answer is asked again. */
const askAgainAfter = 5000;

/** Takes up workers that the store does not have, after a loss of the database or with an older copy of it. */
export class Recovery {
  constructor(private readonly parts: RecoveryParts) {}

  /** Looks on every node, until each has answered. Nothing else changes runs meanwhile. @returns false where the signal came first */
  async all(signal: AbortSignal): Promise<boolean> {
    const { nodes, installation } = this.parts;
    await Promise.all(
      [...nodes.values()].map(async (node) => {
        const look = await this.ask(node, signal);
        for (const found of look ? workersIn(look, node.name, installation) : []) await this.takeUp(found);
      }),
    );
    if (signal.aborted) return false;
    for (const run of this.parts.runs.all()) if (isWaiting(run)) await this.takeUpEnded(run);
    return true;
  }

  private async ask({ name, watch }: Node, signal: AbortSignal): Promise<NodeLook | null> {
    const { log, runtime } = this.parts;
    while (!signal.aborted) {
      try {
        return await watch.look();
      } catch (thrown) {
        const cause = toMayflyError(thrown).message;
        log.warn({ node: name, cause }, 'runs are placed when this node has answered once: the database was lost or restored');
      }
      await runtime.clock.sleep(askAgainAfter, signal).catch(() => {});
    }
    return null;
  }

  /** Gives a living worker to its run, which is made if it was lost. */
  private async takeUp(found: FoundWorker): Promise<void> {
    const { runs, runtime, log } = this.parts;
    const { run: id, attempt, node, worker } = found;
    const known = await runs.find(id);
    const run = known ?? lostRun(found);
    const event = { at: runtime.clock.now(), type: 'recovered', data: {} };
    if (!known) await runs.insert({ run, secrets: null, bodyHash: lostBody, event });
    if (isFinal(run.state) || run.attempt >= attempt) return;
    await this.place(run, found);
    log.info({ run: id, attempt, node, worker }, 'a worker that the database did not have was taken up');
  }

  /** Finds the end of a worker that a waiting run has had after the copy was made. */
  private async takeUpEnded(run: Run): Promise<void> {
    const { runtime } = this.parts;
    const attempt = run.attempt + 1;
    const worker = workerNameOf(run.id, attempt);
    const [record] = await endingsOf(beginCall(runtime), worker, []);
    if (record) await this.place(run, { attempt, worker, node: record.backend, bornAt: run.createdAt, until: 0 });
  }

  /** Stores the attempt as begun, so that its step continues as after any other restart. */
  private async place(run: Run, { attempt, node, worker, bornAt: startedAt, until }: Place): Promise<void> {
    const { runs } = this.parts;
    const ofAttempt = { promise: null, notBefore: null, commandAt: null, commandEnd: null };
    const place = { node, worker, attempt, until, lastTryAt: startedAt, ...ofAttempt };
    const event = { type: 'placed', data: { node, worker, recovered: true } };
    const begun = { number: attempt, node, startedAt };
    if (isWaiting(run)) {
      const queued = await this.accepted(run);
      const placed = queued && (await runs.change(queued, { ...place, state: 'placed' }, event, begun));
      if (placed) await runs.change(placed, { state: 'provisioning' }, { type: 'provisioning' });
    } else {
      const ended = await this.ended(run, startedAt);
      if (ended) await runs.change(ended, place, event, begun);
    }
  }

  /** A bid with a worker was accepted after the copy was made. */
  private async accepted(run: Run): Promise<Run | null> {
    if (run.state === 'queued') return run;
    return this.parts.runs.change(run, { state: 'queued', bidExpires: null }, { type: 'accepted', data: { recovered: true } });
  }

  /** Ends the attempt that the copy has as the last one: a later attempt begins only after its end. @param at by the node's clock */
  private async ended(run: Run, at: number): Promise<Run | null> {
    const { runs } = this.parts;
    const last = (await runs.attempts(run.id)).find(({ number }) => number === run.attempt);
    if (!last || last.endedAt !== null) return run;
    return runs.change(run, {}, { type: 'worker_gone', data: { reason: null } }, { number: run.attempt, endedAt: at });
  }
}

function isWaiting({ state }: Run): boolean {
  return state === 'queued' || state === 'offered';
}

type Place = Pick<FoundWorker, 'attempt' | 'node' | 'worker' | 'bornAt' | 'until'>;

/** A worker of this installation, as its labels have it. */
export interface FoundWorker {
  run: string;
  attempt: number;
  node: string;
  worker: string;
  /** The name in the spec. */
  name: string;
  organisation: string;
  asks: Run['asks'];
  /** Milliseconds since the epoch. */
  bornAt: number;
  /** Seconds since the epoch. */
  until: number;
}

/** The workers of this installation in a look: name and label must agree. */
export function workersIn({ workers }: NodeLook, node: string, installation: string): FoundWorker[] {
  return [...workers].flatMap(([worker, objects]) => {
    const made = runOfWorker(worker);
    if (!made || !isOurs(objects, installation)) return [];
    return [
      {
        ...{ ...made, node, worker },
        name: specNameOf(objects) ?? worker,
        organisation: organizationOf(objects) ?? '',
        asks: asksOf(objects) ?? { cpu: 0, memory: 0, storage: 0 },
        bornAt: bornAt(objects),
        until: Math.floor(fenceOf(objects) / 1000),
      },
    ];
  });
}

/** A run that is never tried again: its spec is lost. */
function lostRun({ run: id, organisation, name, asks, bornAt: createdAt, attempt }: FoundWorker): Run {
  return {
    ...unplaced,
    ...{
      id,
      organisation,
      priority: 1,
      labels: {},
      program: noProgram,
      name,
      spec: null,
      asks,
      attempts: 1,
      attempt: attempt - 1,
      createdAt,
    },
  };
}

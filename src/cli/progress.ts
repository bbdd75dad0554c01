import type { Clock } from '../clock.js';
import type { Emit, MayflyEvent, Operation } from '../events.js';
import { content } from '../views/copy-view.js';
import { duration, megabytes, moment } from '../views/format.js';
import { paint } from './paint.js';

const verbs: Record<Operation, [string, string]> = {
  create: ['creating', 'created'],
  update: ['updating', 'updated'],
  delete: ['deleting', 'deleted'],
};

/** One event as a line, `null` for events that only change live lines. */
export function eventLine(event: MayflyEvent, now: number): string | null {
  const line = lineOf(event, now);
  return line === null || event.worker === undefined || event.type === 'ended' ? line : `${event.worker}: ${line}`;
}

function lineOf(event: MayflyEvent, now: number): string | null {
  switch (event.type) {
    case 'note':
      return event.message;
    case 'warning':
      return `${paint.yellow('Warning:')} ${event.message}`;
    case 'resource_started':
      return null;
    case 'resource_done':
      return `${event.address}: ${verbs[event.operation][1]} in ${seconds(event.elapsedMs)}`;
    case 'resource_failed':
      return `${event.address}: ${paint.red('failed')}: ${event.problem.cause}`;
    case 'resource_skipped':
      return `${event.address}: skipped, because ${event.because} failed`;
    case 'image_progress':
      return null;
    case 'armed':
      return event.layers.map(({ layer, detail }) => `armed: ${layer} (${detail})`).join('\n');
    case 'waiting':
      return `waiting for ${event.for.join(', ')}`;
    case 'copied':
      return copiedLine(event);
    case 'ready':
      return `${paint.green('ready')} after ${seconds(event.elapsedMs)}; ends at ${moment(event.ends, now)}`;
    case 'ended':
      return `${event.worker}: ${event.why}`;
  }
}

function copiedLine({ from, container, to, files, bytes, special, elapsedMs }: Extract<MayflyEvent, { type: 'copied' }>): string {
  const leftOut = special > 0 ? `; sockets, FIFOs and devices left out: ${special}` : '';
  return `copied ${from} to ${container}:${to}: ${content(files, bytes)} in ${seconds(elapsedMs)}${leftOut}`;
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms / 1000);
}

function keyOf({ worker, address }: { worker?: string; address: string }): string {
  return worker === undefined ? address : `${worker}: ${address}`;
}

/** Progress without a terminal: a line for each result, and during a pull at most one line a second for each image. */
export function plainProgress(write: (line: string) => void, clock: Clock): Emit {
  const pulled = new Map<string, number>();
  return (event) => {
    if (event.type === 'image_progress') {
      const last = pulled.get(event.image) ?? -Infinity;
      if (clock.now() - last < 1000) return;
      pulled.set(event.image, clock.now());
      write(`${event.image}: ${event.layer} ${event.status}`.trimEnd());
      return;
    }
    const line = eventLine(event, clock.now());
    if (line !== null) write(line);
  };
}

/** Lines about running operations, for a terminal that redraws them. */
export class LiveProgress {
  private readonly running = new Map<string, { operation: Operation; since: number }>();
  private readonly layers = new Map<string, { status: string; current: number; total: number }>();
  private waiting: { for: string[]; since: number } | null = null;

  constructor(private readonly clock: Clock) {}

  /** @returns the line to print above the live lines, or `null` */
  take(event: MayflyEvent): string | null {
    if (event.type === 'resource_started') this.running.set(keyOf(event), { operation: event.operation, since: this.clock.now() });
    if (event.type === 'resource_done' || event.type === 'resource_failed') this.running.delete(keyOf(event));
    if (event.type === 'image_progress') {
      this.layers.set(`${event.image} ${event.layer}`, { status: event.status, current: event.current ?? 0, total: event.total ?? 0 });
    }
    if (event.type === 'resource_done' && event.operation === 'create') this.layers.clear();
    if (event.type === 'waiting') this.waiting = { for: event.for, since: this.clock.now() - event.elapsedMs };
    if (event.type === 'copied' || event.type === 'ready' || event.type === 'ended') this.waiting = null;
    return event.type === 'waiting' ? null : eventLine(event, this.clock.now());
  }

  lines(): string[] {
    const now = this.clock.now();
    const running = [...this.running].map(
      ([address, { operation, since }]) => `${address}: ${verbs[operation][0]} … ${seconds(now - since)}`,
    );
    const layers = [...this.layers].slice(-8).map(([layer, { status, current, total }]) => {
      const size = total > 0 ? ` ${megabytes(Math.round(current / 2 ** 20))} of ${megabytes(Math.round(total / 2 ** 20))}` : '';
      return `  ${layer}: ${status}${size}`;
    });
    const waiting = this.waiting ? [`waiting for ${this.waiting.for.join(', ')} … ${seconds(now - this.waiting.since)}`] : [];
    return [...running, ...layers, ...waiting].map((line) => paint.dim(line));
  }
}

import { toMayflyError } from '../errors.js';
import type { Log } from '../log.js';
import { beginCall } from '../worker/call.js';
import type { Runtime } from '../worker/runtime.js';
import type { NodeLook } from './nodes/node-watch.js';
import { isFinal, type Run } from './run.js';
import type { Runs } from './runs.js';
import { destroy, isOurs } from './steps/end.js';
import { runOfWorker } from './worker-name.js';

/** A node, as far as orphans need it. */
export interface Looked {
  name: string;
  watch: { readonly last: NodeLook | null; look(): Promise<NodeLook> };
}

export interface OrphanParts {
  runtime: Runtime;
  runs: Runs;
  nodes: readonly Looked[];
  installation: string;
  log: Log;
}

/**
 * Ends workers of this installation that no attempt has any more: a call of an earlier process, or of an attempt whose node did not answer, made
 * them late. A worker of a run that the store does not have is left alone: the run may be found again.
 */
export class Orphans {
  /** Runs with a worker that is being ended. */
  private readonly tracked = new Map<string, Promise<void>>();
  /** The begin of the last look at each node that was searched. */
  private readonly searched = new Map<string, number>();

  constructor(private readonly parts: OrphanParts) {}

  /** Whether a worker of an earlier attempt of the run is being ended. Until then, no other attempt begins. */
  has(run: string): boolean {
    return this.tracked.has(run);
  }

  /** Searches the last looks every `period` milliseconds, until the signal. */
  async search(period: number, signal: AbortSignal): Promise<void> {
    const { runtime, nodes } = this.parts;
    while (!signal.aborted) {
      for (const node of nodes) await this.searchIn(node, signal);
      await runtime.clock.sleep(period, signal).catch(() => {});
    }
    await Promise.all(this.tracked.values());
  }

  private async searchIn(node: Looked, signal: AbortSignal): Promise<void> {
    const { installation, log } = this.parts;
    const { last } = node.watch;
    if (last === null || last.begunAt === this.searched.get(node.name)) return;
    this.searched.set(node.name, last.begunAt);
    for (const [worker, objects] of last.workers) {
      const of = isOurs(objects, installation) ? runOfWorker(worker) : null;
      if (!of || this.tracked.has(of.run) || !(await this.isOrphan(of))) continue;
      const tracker = this.end(worker, of, node, signal)
        .catch((error: unknown) => {
          if (!signal.aborted) log.warn({ ...of, node: node.name, cause: toMayflyError(error).message }, 'a late worker is not ended yet');
        })
        .finally(() => this.tracked.delete(of.run));
      this.tracked.set(of.run, tracker);
    }
  }

  /** The last look may be older than the run's state, so the worker is ended only if a new one has it. */
  private async end(worker: string, of: { run: string; attempt: number }, { name, watch }: Looked, signal: AbortSignal): Promise<void> {
    const { runtime, runs, installation, log } = this.parts;
    const call = beginCall(runtime, { stop: signal, abort: signal });
    while (isOurs((await watch.look()).workers.get(worker) ?? [], installation) && (await this.isOrphan(of))) {
      await destroy(call, worker, name);
      log.info({ ...of, node: name }, 'a late worker was ended');
      await runs.addEvent(of.run, of.attempt, { type: 'late_worker_ended', data: { node: name, worker } });
    }
  }

  private async isOrphan({ run: id, attempt }: { run: string; attempt: number }): Promise<boolean> {
    const run = await this.parts.runs.find(id);
    return run !== null && !mayLive(run, attempt);
  }
}

/** Whether the run may have a worker of that attempt. */
function mayLive({ state, attempt: current, worker }: Run, attempt: number): boolean {
  if (attempt !== current) return attempt > current;
  // The worker of a moved run is another installation's to end.
  return state === 'moved' ? worker !== null : state !== 'queued' && !isFinal(state);
}

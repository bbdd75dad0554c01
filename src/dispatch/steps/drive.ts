import { toMayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { latestEndOf } from '../nodes/fence.js';
import { hasCommand, type Run, type RunState } from '../run.js';
import { end } from './end.js';
import { followCommand } from './follow-command.js';
import { follow } from './follow.js';
import { begin, provision } from './provision.js';
import type { Parts, Step } from './step.js';

/** The work of each state in which a run has a node. */
const steps: Partial<Record<RunState, Step>> = { placed: begin, provisioning: provision, running: followEither, ending: end };

function followEither(...[run, ...more]: Parameters<Step>): Promise<void> {
  return (hasCommand(run) ? followCommand : follow)(run, ...more);
}

/** Milliseconds before a step that failed is tried again, such as one whose node does not answer. */
const tryAgainAfter = 2000;

/** Carries placed runs on, each by one step after the other, until it waits again or is finished. */
export class Driver {
  private readonly driven = new Map<string, { outdate: AbortController; done: Promise<void> }>();

  constructor(
    private readonly parts: Parts,
    private readonly log: Log,
    private readonly stop: AbortSignal,
  ) {}

  /** Carries a run on from its state. `resumed`: an earlier process may have begun the step. */
  drive(run: Run, { resumed = false } = {}): void {
    if (this.driven.has(run.id)) return;
    const entry = { outdate: new AbortController(), done: Promise.resolve() };
    this.driven.set(run.id, entry);
    entry.done = this.carryOn(run.id, entry, resumed).finally(() => {
      this.driven.delete(run.id);
      // It may have been placed again meanwhile.
      const now = this.parts.runs.get(run.id);
      if (now && steps[now.state] && !this.stop.aborted) this.drive(now);
    });
  }

  /** Ends the current step of a run whose state was changed by another. */
  outdate(run: string): void {
    this.driven.get(run)?.outdate.abort();
  }

  /** Resolves when all steps have ended, after `stop` has aborted. */
  async close(): Promise<void> {
    await Promise.all([...this.driven.values()].map(({ done }) => done));
  }

  private async carryOn(id: string, entry: { outdate: AbortController }, resumed: boolean): Promise<void> {
    const { runs, runtime } = this.parts;
    for (let fromEarlier = resumed; !this.stop.aborted;) {
      const run = runs.get(id);
      const step = run && steps[run.state];
      if (!step) return;
      if (entry.outdate.signal.aborted) entry.outdate = new AbortController();
      try {
        await step(run, this.parts, { stop: this.stop, outdated: entry.outdate.signal, resumed: fromEarlier });
        fromEarlier = false;
      } catch (thrown) {
        if (this.stop.aborted || entry.outdate.signal.aborted) continue;
        const error = toMayflyError(thrown);
        this.log.warn(
          { run: id, attempt: run.attempt, node: run.node, state: run.state, cause: error.message },
          'a step failed and is tried again',
        );
        await runtime.clock.sleep(this.pauseFor(run), AbortSignal.any([this.stop, entry.outdate.signal])).catch(() => {});
      }
    }
  }
  /** A step whose node is silent waits for the node's next probe, or until the run's fence has passed. */
  private pauseFor(run: Run): number {
    const { probeAt, runtime, settings } = this.parts;
    const now = runtime.clock.now();
    const probe = run.node === null ? null : probeAt(run.node);
    if (probe === null) return tryAgainAfter;
    const latest = latestEndOf(run, settings.fenceMargin) ?? 0;
    return Math.max(tryAgainAfter, Math.min(probe, latest > now ? latest : probe) - now);
  }
}

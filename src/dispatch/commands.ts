import type { Clock } from '../clock.js';
import { isFinal, type Run } from './run.js';
import type { Runs } from './runs.js';
import type { Driver } from './steps/drive.js';
import type { RunChange } from './store/store.js';

/** Changes that people ask for. */
export class Commands {
  constructor(private readonly parts: { runs: Runs; driver: Driver; clock: Clock }) {}

  /** Ends a run. A queued one leaves the queue at once, a final one stays as it is. */
  async cancel(id: string, justification: string): Promise<void> {
    const { runs, driver, clock } = this.parts;
    for (let run = await runs.find(id); run && !isFinal(run.state); run = await runs.find(id)) {
      const asked = { type: 'cancel_asked', data: { justification } };
      if (!(await runs.change(run, changeToCancelled(run, clock.now()), asked))) continue;
      driver.outdate(id);
      return;
    }
  }
}

function changeToCancelled({ state }: Run, now: number): RunChange {
  const cancelled = { state: 'cancelled', reason: 'cancelled' } as const;
  if (state === 'queued') return { ...cancelled, completedAt: now };
  const next = { ...cancelled, exitCode: null };
  return state === 'ending' ? { next } : { state: 'ending', next };
}

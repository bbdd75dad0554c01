import type { Clock } from '../clock.js';
import type { ServiceClient } from './client.js';
import { isFinal, type RunReply } from './documents.js';

export interface FollowOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Called with the first look, and with each change of state, attempt or promised start. */
  onChange?(run: RunReply): void;
}

/** Milliseconds between two looks. */
const period = 1000;

/** Looks at a run until the condition holds or the run is final. */
export async function follow(
  client: ServiceClient,
  id: string,
  until: (run: RunReply) => boolean,
  { clock, signal, onChange }: FollowOptions,
): Promise<RunReply> {
  for (let last = ''; ;) {
    const run = await client.run(id);
    const now = `${run.state} ${run.attempt} ${run.starts_by ?? ''}`;
    if (now !== last) onChange?.(run);
    last = now;
    if (until(run) || isFinal(run)) return run;
    await clock.sleep(period, signal);
  }
}

import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import type { ServiceClient } from './client.js';
import { isFinal, type RunReply } from './documents.js';

export interface FollowOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Called with the first look, and with each change of state, attempt or promised start. */
  onChange?(run: RunReply): void;
}

/** Milliseconds before another connection: five minutes in all, for a service that is started again. */
const pauses = [500, 1000, 2000, 5000, ...new Array<number>(29).fill(10_000)];

/** Follows a run by its events until the condition holds or the run is final, also over restarts of the service. */
export async function follow(
  client: ServiceClient,
  id: string,
  until: (run: RunReply) => boolean,
  { clock, signal, onChange }: FollowOptions,
): Promise<RunReply> {
  let last = '';
  for (let lost = 0; ; lost += 1) {
    try {
      // The first look comes after the stream is open, so that no change is missed between both.
      for await (const _ of client.changes(id, signal)) {
        const run = await client.run(id);
        lost = 0;
        const now = `${run.state} ${run.attempt} ${run.starts_by ?? ''}`;
        if (now !== last) onChange?.(run);
        last = now;
        if (until(run) || isFinal(run)) return run;
      }
    } catch (error) {
      if (signal.aborted || !mayPass(error) || lost >= pauses.length) throw error;
    }
    await clock.sleep(pauses[lost] ?? 0, signal);
  }
}

/** Whether the same request may succeed later: the service is being started, or is busy. */
export function mayPass(error: unknown): boolean {
  return error instanceof MayflyError && (error.code === 'server_unreachable' || error.code === 'too_many_streams');
}

import { byTurn } from './order.js';
import type { Place, Places } from './places.js';
import type { Request, WaitingRun } from './snapshot.js';

/** The most waiting runs that are planned ahead of a new bid. */
const mostAhead = 1000;

/** Takes places for runs that wait without a promise, in their turn. The caller releases them. */
export function takeAhead(places: Places, runs: readonly WaitingRun[]): { request: Request; place: Place }[] {
  const ahead = [...runs].sort(byTurn).slice(0, mostAhead);
  return ahead.flatMap((run) => {
    const { request } = run;
    const place = places.earliest(request, places.listFor(run));
    if (!place) return [];
    places.take(request, place);
    return [{ request, place }];
  });
}

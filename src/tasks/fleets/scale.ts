import { type Bin, binOf, pack } from './packing.js';
import type { FleetLimit, FleetOffer, FleetSnapshot, FleetWorker, Need } from './snapshot.js';
import { nextStartAt } from './starts.js';

/** Changes of a fleet's size. */
export interface Scaling {
  grow: Growth[];
  free: Freed[];
  /** Why fewer workers are started than are needed; `null`: none is missing. */
  refused: Refusal | null;
  /** When time alone changes the decision, in milliseconds since the epoch; `null`: never. */
  nextAt: number | null;
}

export interface Growth {
  /** `minimum`: the fleet has fewer workers than `min`, or one of them ends soon. */
  why: 'minimum' | 'demand';
  /** `fleet` or `run` for the minimum, else who needs the worker first. */
  by: string;
  /** Waiting tasks that the worker takes first. */
  tasks: number;
  /** The cheapest offer; `null`: no node has room now, and the worker waits for it. */
  offer: Pick<FleetOffer, 'node' | 'perHour'> | null;
}

export interface Freed {
  run: string;
  why: 'idle' | 'above_max' | 'removed' | 'broken';
  /** One sentence. */
  cause: string;
}

export interface Refusal {
  code: 'most_workers' | 'organisation' | 'lender' | 'budget' | 'no_room' | 'failed_starts' | 'not_queued';
  /** One sentence. */
  cause: string;
  by: string;
  /** Tasks that wait because of it. */
  tasks: number;
}

/** Decides on the size of a fleet. */
export function scale(snapshot: FleetSnapshot): Scaling {
  const { workers, closing } = snapshot;
  if (closing) return { grow: [], free: workers.map((one) => ({ run: one.run, ...removed })), refused: null, nextAt: null };
  const broken = workers.filter((one) => one.broken !== null && one.idleSince !== null);
  const usable = workers.filter((one) => one.broken === null);
  const lead = leadOf(snapshot);
  const lasting = usable.filter(({ ends }) => ends === null || ends - lead > snapshot.now);
  const { bins, waiting } = assigned(snapshot, usable);
  const free = freed(snapshot, lasting, bins);
  const gone = new Set(free.map(({ run }) => run));
  const growth = grown(
    snapshot,
    lasting.filter(({ run }) => !gone.has(run)),
    waiting,
  );
  return {
    ...growth,
    free: [...broken.map(({ run, broken: cause }) => ({ run, why: 'broken' as const, cause: cause! })), ...free],
    nextAt: nextAt(
      snapshot,
      lasting.filter(({ run }) => !gone.has(run)),
      lead,
    ),
  };
}

const removed = { why: 'removed', cause: 'the fleet was removed' } as const;

/** Milliseconds before a worker's end at which its successor is queued: twice the longest start of the living workers, and a little more. */
export function leadOf({ workers, template }: Pick<FleetSnapshot, 'workers' | 'template'>): number {
  const longest = Math.max(0, ...workers.map(({ startTook }) => startTook ?? 0));
  return Math.min(template.life / 2, 2 * longest + 5000);
}

/** Gives waiting tasks to living workers: the ready ones first, then those that are starting. `waiting`: the rest. */
export function assigned(
  { now, demand, template }: Pick<FleetSnapshot, 'now' | 'demand' | 'template'>,
  workers: readonly FleetWorker[],
): { bins: Map<string, Bin>; waiting: Need[] } {
  const inTurn = [...workers].sort((a, b) => Number(a.state === 'starting') - Number(b.state === 'starting'));
  const bins = new Map(inTurn.map((one) => [one.run, binOf(one.free, one.ends === null ? template.life : one.ends - now, one.modules)]));
  const all = [...bins.values()];
  const waiting = demand.flatMap((need) => {
    const count = pack(need, all);
    return count === 0 ? [] : [{ ...need, count }];
  });
  return { bins, waiting };
}

/** Workers without work beyond `min`: the dearest first, then those that end first. */
function freed({ now, of, min, max, idle }: FleetSnapshot, lasting: readonly FleetWorker[], bins: ReadonlyMap<string, Bin>): Freed[] {
  const without = lasting
    .filter(({ run, idleSince }) => idleSince !== null && bins.get(run)!.tasks === 0)
    .sort((a, b) => b.price - a.price || (a.ends ?? Infinity) - (b.ends ?? Infinity));
  const free: Freed[] = [];
  for (const { run, idleSince } of without) {
    const left = lasting.length - free.length;
    if (left > max) free.push({ run, why: 'above_max', cause: `the ${of} may have ${max}, and has ${left}` });
    else if (left > min && now - idleSince! >= idle)
      free.push({ run, why: 'idle', cause: `without work for ${(now - idleSince!) / 1000} s` });
  }
  return free;
}

/** The workers that are missing, as far as the limits allow them. Tasks count as demand only if no limit forbids their worker. */
function grown(snapshot: FleetSnapshot, lasting: readonly FleetWorker[], waiting: readonly Need[]): Pick<Scaling, 'grow' | 'refused'> {
  const minimum = Math.max(0, snapshot.min - lasting.length);
  const bounds = boundsOf(snapshot, lasting);
  const most = Math.max(minimum, snapshot.max - lasting.length);
  const { bins, left } = newBins(snapshot, waiting, most);
  const needed = Math.max(minimum, bins.length);
  // Workers of the minimum wait in the queue of runs, where limits hold them back. Others start only where nothing does.
  const fromMinimum = Math.min(minimum, bounds.pace);
  const tightest = bounds.limits.reduce((one, other) => (other.left < one.left ? other : one));
  const count = Math.min(needed, Math.max(fromMinimum, Math.min(bounds.pace, tightest.left)));
  const by = waiting[0]?.by ?? snapshot.of;
  const grow = Array.from({ length: count }, (_, index): Growth => {
    const forMinimum = index < minimum;
    const offer = bounds.places[index] ?? null;
    return { why: forMinimum ? 'minimum' : 'demand', by: forMinimum ? snapshot.of : by, tasks: bins[index]?.tasks ?? 0, offer };
  });
  const tasks = bins.slice(count).reduce((sum, bin) => sum + bin.tasks, left);
  const refusal = count < needed ? refusalOf(snapshot, bounds, count < minimum ? null : tightest) : left > 0 ? mostWorkers(snapshot) : null;
  return { grow, refused: refusal && { ...refusal, by: count < minimum ? snapshot.of : by, tasks } };
}

/** Workers that would be made for waiting tasks, at most so many. `left`: tasks that such a worker could take, and that are in none. */
function newBins({ template }: FleetSnapshot, waiting: readonly Need[], most: number): { bins: Bin[]; left: number } {
  const bins: Bin[] = [];
  const newBin = () => binOf(template.rooms, template.life, template.modules);
  let left = 0;
  for (const need of waiting) {
    let rest = pack(need, bins);
    const possible = pack(need, [newBin()]) < need.count;
    while (possible && rest > 0 && bins.length < most) {
      bins.push(newBin());
      rest = pack({ ...need, count: rest }, bins.slice(-1));
    }
    if (possible) left += rest;
  }
  return { bins, left };
}

interface Bounds {
  /** Workers that may be started now, also for the minimum. */
  pace: number;
  /** The cheapest first. */
  places: FleetOffer[];
  /** For tasks alone. */
  limits: (Omit<FleetLimit, 'code'> & Pick<Refusal, 'code'>)[];
}

function boundsOf({ max, offers, limits, budget, starts, settings, now }: FleetSnapshot, lasting: readonly FleetWorker[]): Bounds {
  const starting = lasting.filter(({ state }) => state === 'starting');
  // They have no place yet, and are about to take one.
  const unplaced = starting.filter(({ idleSince }) => idleSince !== null).length;
  const room = offers.reduce((sum, offer) => sum + offer.room, 0);
  const places = affordable(cheapestFirst(offers, max), budget);
  const atOnce = starts.failures >= settings.failures ? 1 : settings.starting;
  const waits = (nextStartAt(starts, settings) ?? 0) > now;
  return {
    pace: waits ? 0 : Math.max(0, atOnce - starting.length),
    places,
    limits: [
      { code: 'no_room' as const, left: room, reason: 'no node that accepts the template has room for another worker' },
      { code: 'budget' as const, left: places.length, reason: 'the budget of the organisation has too little left for another worker' },
      ...limits,
    ].map((limit) => ({ ...limit, left: Math.max(0, limit.left - unplaced) })),
  };
}

/** `null`: others are starting, and it is their turn first. */
function refusalOf(
  { starts, settings, now }: FleetSnapshot,
  { pace }: Bounds,
  tightest: Bounds['limits'][number] | null,
): Pick<Refusal, 'code' | 'cause'> | null {
  const until = nextStartAt(starts, settings);
  if (until !== null && until > now) {
    const failed = `${starts.failures} start${starts.failures === 1 ? '' : 's'} in a row failed`;
    return { code: 'failed_starts', cause: `${failed}, and the next one is at ${new Date(until).toISOString()}: ${starts.cause}` };
  }
  return tightest && tightest.left <= pace ? { code: tightest.code, cause: tightest.reason } : null;
}

function mostWorkers({ of, max }: FleetSnapshot): Pick<Refusal, 'code' | 'cause'> {
  return { code: 'most_workers', cause: `the ${of} may have ${max} worker${max === 1 ? '' : 's'}` };
}

/** One offer for each worker that has room, at most so many a node. */
function cheapestFirst(offers: readonly FleetOffer[], most: number): FleetOffer[] {
  const sorted = [...offers].sort((a, b) => a.perHour - b.perHour || (a.node < b.node ? -1 : 1));
  return sorted.flatMap((offer) => Array.from({ length: Math.min(offer.room, most) }, () => offer));
}

/** The first offers that the budget pays together. */
function affordable(offers: readonly FleetOffer[], budget: number | null): FleetOffer[] {
  let left = budget ?? Infinity;
  const dear = offers.findIndex(({ most }) => most > 0 && (left -= most) < 0);
  return dear < 0 ? [...offers] : offers.slice(0, dear);
}

function nextAt({ now, min, idle, starts, settings }: FleetSnapshot, lasting: readonly FleetWorker[], lead: number): number | null {
  const times = [
    ...lasting.flatMap(({ ends }) => (ends === null ? [] : [ends - lead])),
    ...(lasting.length > min ? lasting.flatMap(({ idleSince }) => (idleSince === null ? [] : [idleSince + idle])) : []),
    nextStartAt(starts, settings) ?? 0,
  ].filter((at) => at > now);
  return times.length === 0 ? null : Math.min(...times);
}

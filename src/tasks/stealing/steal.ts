import { assigned, leadOf, scale, type Scaling } from '../fleets/scale.js';
import type { FleetSnapshot, FleetWorker, Need } from '../fleets/snapshot.js';
import { engineName } from '../../spec/worker-spec.js';

/** Milliseconds after which a stealer without work is freed: no task that it could take was left in that time. */
export const stealerIdle = 10_000;

/**
 * Decides on the stealers of a run whose primary is ready.
 *
 * @param snapshot of the run's workers, the primary among them
 * @param primary its run
 */
export function steal(snapshot: FleetSnapshot, primary: string): Scaling {
  const ends = snapshot.workers.find(({ run }) => run === primary)?.ends ?? Infinity;
  const workers = snapshot.workers.map((one) => (one.run === primary ? asPrimary(one) : { ...one, ends: earlier(one.ends, ends) }));
  const { template } = snapshot;
  const within = { ...snapshot, workers, template: { ...template, life: Math.min(template.life, ends - snapshot.now) } };
  const scaling = withoutPrimary(scale(within), primary);
  // A stealer that is started now would be ready when the run ends.
  return ends - leadOf({ ...snapshot, workers }) <= snapshot.now ? { ...scaling, grow: [], refused: null } : scaling;
}

function withoutPrimary(scaling: Scaling, primary: string): Scaling {
  return { ...scaling, free: scaling.free.filter(({ run }) => run !== primary) };
}

/** The primary is never idle. Its run may have waited long for a node, so its start is no measure for others. */
function asPrimary(one: FleetWorker): FleetWorker {
  return { ...one, startTook: null, idleSince: null, broken: null, free: one.broken === null ? one.free : {} };
}

function earlier(ends: number | null, other: number): number | null {
  return ends === null ? null : Math.min(ends, other);
}

/** The workers of a fleet that none of its own waiting tasks needs, the cheapest first. `forModules`: those that run modules. @returns their runs */
export function spareOf(snapshot: FleetSnapshot, forModules: boolean): string[] {
  const usable = snapshot.workers.filter(({ broken }) => broken === null);
  const { bins } = assigned(snapshot, usable);
  const isSpare = ({ run, state, idleSince, modules }: FleetWorker) =>
    (modules || !forModules) && state === 'ready' && idleSince !== null && bins.get(run)!.tasks === 0;
  return usable
    .filter(isSpare)
    .sort((a, b) => a.price - b.price || (b.ends ?? Infinity) - (a.ends ?? Infinity))
    .map(({ run }) => run);
}

/** The demand of a run that waits for so many workers of a fleet: each takes the whole engine. */
export function needOfRun(
  run: string,
  count: number,
  { template, forModules }: Pick<FleetSnapshot, 'template'> & { forModules: boolean },
): Need {
  const asks = { ...template.rooms[engineName]! };
  return { by: `run ${run}`, container: engineName, asks, timeout: 0, ...(forModules && { modules: true }), count };
}

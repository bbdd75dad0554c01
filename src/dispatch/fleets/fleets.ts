import type { Clock } from '../../clock.js';
import type { Claim } from '../../tasks/fleets/claim.js';
import { Demand } from '../../tasks/fleets/demand.js';
import type { Fleet, FleetChange, NewFleetEvent } from '../../tasks/fleets/fleet.js';
import type { Rooms } from '../../tasks/fleets/snapshot.js';
import { afterEnd, noStarts, type Starts } from '../../tasks/fleets/starts.js';
import type { Node } from '../nodes/node.js';
import { isFinal, type Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import { endOf } from './end-of.js';
import { hasLabels } from './picture.js';

export interface FleetParts {
  store: Pick<Store, 'fleets' | 'attempts'>;
  runs: Pick<Runs, 'all'>;
  nodes: ReadonlyMap<string, Node>;
  clock: Pick<Clock, 'now'>;
  /** Called when a fleet has changed, or is closed. */
  changed(fleet: string): void;
  /** Makes a pass soon. */
  wake(): void;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
}

/** A fleet, and its last starts. */
export interface KeptFleet {
  fleet: Fleet;
  starts: Starts;
  demand: Demand;
  /** Whether new workers start on nodes that run modules of WebAssembly alone, as the last pass has decided. */
  forModules: boolean;
  /** The last refusal that was stored, and that lasts. */
  refused: string | null;
}

/** Runs that are read to learn about the last starts of a fleet. */
const recentRuns = 20;

/** The fleets that are not closed, and their runs. */
export class Fleets {
  private readonly kept = new Map<string, KeptFleet>();
  /** Runs whose workers take no more tasks of their fleet: their end was decided, or a loan. */
  readonly freeing = new Set<string>();
  /** Runs of fleets that have ended, and whose end was not counted yet. */
  readonly ended = new Set<Run>();

  constructor(private readonly parts: FleetParts) {}

  /** Reads the fleets that an earlier process left. */
  async load(): Promise<void> {
    const { store } = this.parts;
    for (const fleet of await store.fleets.open()) {
      const ended = (await store.fleets.ended(fleet.id, recentRuns)).sort((a, b) => a.completedAt! - b.completedAt!);
      let starts = noStarts;
      for (const run of [...ended, ...this.runsOf(fleet.id).filter(isEnding)]) starts = afterEnd(starts, await endOf(run, this.parts));
      const [last] = await store.fleets.events({ fleet: fleet.id, newest: true, limit: 1 });
      this.kept.set(fleet.id, {
        fleet,
        starts,
        demand: new Demand(),
        forModules: false,
        refused: last?.type === 'refused' ? String(last.data['cause']) : null,
      });
    }
  }

  all(): Fleet[] {
    return this.withStarts().map(({ fleet }) => fleet);
  }

  /** All fleets, each with its last starts, which a pass changes. */
  withStarts(): KeptFleet[] {
    return [...this.kept.values()];
  }

  /** As `withStarts`, of one fleet. */
  withStartsOf(id: string): KeptFleet | undefined {
    return this.kept.get(id);
  }

  /** A fleet that is not closed. */
  get(id: string): Fleet | undefined {
    return this.kept.get(id)?.fleet;
  }

  /** Its runs whose workers take its tasks: not those that are about to be ended, nor those that a run has borrowed. */
  takersOf(id: string): Run[] {
    return this.runsOf(id).filter((run) => run.primary === null && !this.freeing.has(run.id));
  }

  /** Called after a change of a task or an allocation of a fleet that claims resources, or has claimed some before. */
  claimed(fleet: string, claim: Claim | null, before: Claim | null): void {
    if (claim?.worker === before?.worker) return;
    this.kept.get(fleet)?.demand.changed(claim, before, this.parts.clock.now());
    this.parts.wake();
  }

  /** Resources of a worker that neither tasks nor allocations of the fleet have. */
  freeOf(fleet: string, worker: string, rooms: Rooms): Rooms {
    return this.kept.get(fleet)?.demand.freeOf(worker, rooms) ?? rooms;
  }

  find(organisation: string, name: string): Fleet | undefined {
    return this.all().find((fleet) => fleet.organisation === organisation && fleet.name === name);
  }

  /** Why the fleet has fewer workers than it needs; `null`: it has as many. */
  refusedOf(fleet: string): string | null {
    return this.kept.get(fleet)?.refused ?? null;
  }

  /** Its runs without a final state. */
  runsOf(fleet: string): Run[] {
    return [...this.parts.runs.all()].filter((run) => run.fleet === fleet);
  }

  /** Whether a run may use a node. All may that are no worker of a fleet. */
  mayUse({ fleet }: Pick<Run, 'fleet'>, node: string): boolean {
    const kept = fleet === null ? undefined : this.kept.get(fleet);
    const found = this.parts.nodes.get(node);
    if (!kept) return true;
    return found !== undefined && hasLabels(found, kept.fleet.nodes) && (!kept.forModules || this.parts.runsModules(node));
  }

  /** Keeps a fleet that was just stored. */
  add(fleet: Fleet): void {
    this.kept.set(fleet.id, { fleet, starts: noStarts, demand: new Demand(), forModules: false, refused: null });
    this.parts.wake();
  }

  /** Stores a change, decided on the newest revision. `null`: the fleet is closed. */
  async change(id: string, change: FleetChange, event: Pick<NewFleetEvent, 'type' | 'data'>): Promise<Fleet | null> {
    const { store, clock } = this.parts;
    for (;;) {
      const kept = this.kept.get(id);
      if (!kept) return null;
      const { fleet } = kept;
      const changed = await store.fleets.change(fleet, change, { at: clock.now(), ...event });
      if (changed) {
        // A spec never changes. Answers of nodes are kept by it.
        kept.fleet = { ...changed, spec: fleet.spec };
        if (changed.state === 'closed') this.kept.delete(id);
        this.parts.changed(id);
        this.parts.wake();
        return kept.fleet;
      }
      // Another change was first, and is about to be kept.
      await Promise.resolve();
    }
  }

  /** A run has changed. */
  changed(run: Run, before: Run | undefined): void {
    if (run.fleet === null || run.state === before?.state) return;
    const wasEnding = before !== undefined && isEnding(before);
    if (isFinal(run.state)) this.freeing.delete(run.id);
    if (isEnding(run) || (isFinal(run.state) && !wasEnding)) this.ended.add(run);
    this.parts.wake();
  }
}

/** Whether the run's worker is being ended for good. */
export function isEnding({ state, next }: Run): boolean {
  return state === 'ending' && next?.state !== 'queued';
}

import type { Demand } from '../../tasks/fleets/demand.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import { timesIn } from '../../tasks/fleets/packing.js';
import type { FleetLimit, FleetOffer, FleetSnapshot, FleetWorker, Need, Rooms } from '../../tasks/fleets/snapshot.js';
import type { FleetSettings } from '../../tasks/fleets/settings.js';
import type { Starts } from '../../tasks/fleets/starts.js';
import { withReady } from '../../tasks/fleets/starts.js';
import { totals, type WorkerSpec } from '../../spec/worker-spec.js';
import { freeOf } from '../ledger.js';
import { rateOf } from '../money.js';
import { byNode, type Node } from '../nodes/node.js';
import type { Answer } from '../nodes/offers.js';
import type { Run } from '../run.js';
import { endMargin, roomsOf } from '../tasks/run-workers.js';
import type { Most } from '../schedule/snapshot.js';

/** Workers of one template: a fleet's, or those that a run needs beside its primary. */
export type Template = Pick<Fleet, 'id' | 'organisation' | 'spec' | 'min' | 'max' | 'idle' | 'nodes' | 'state'>;

/** The state of the service at one moment, as far as it matters for the workers of a template. */
export interface Picture {
  now: number;
  of: 'fleet' | 'run';
  fleet: Template;
  /** Its runs without a final state. */
  own: readonly Run[];
  /** All runs without a final state. */
  runs: readonly Run[];
  nodes: ReadonlyMap<string, Node>;
  /** Answers of the nodes to the spec. */
  answers: readonly Answer[];
  /** The most that its organisation has at the same time. */
  most: Most;
  budget: number | null;
  starts: Starts;
  demand: Pick<Demand, 'waiting' | 'isBusy' | 'idleSince' | 'freeOf'>;
  /** Workers of the fleet that runs need. */
  needs: readonly Need[];
  /** Why a worker takes no more tasks; `null`: it takes them. */
  asideReason(worker: string): string | null;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
  settings: FleetSettings;
}

/** The input of a decision about the number of workers. */
export function pictureOf(picture: Picture): FleetSnapshot {
  const { now, of, fleet, own, runs, nodes, answers, most, budget, starts, demand, settings } = picture;
  const { min, max, idle, state, spec } = fleet;
  const rooms: Rooms = Object.fromEntries(roomsOf(spec));
  const rates = new Map(answers.map((answer) => [answer.node, 'offer' in answer ? rateOf(answer.offer.price).perHour : 0]));
  const waiting = [...demand.waiting(), ...picture.needs];
  const usable = offersOf(
    spec,
    answers,
    [...nodes.values()].filter((node) => hasLabels(node, fleet.nodes)),
    byNode(runs),
  );
  const forModules = usable.filter(({ node }) => picture.runsModules(node));
  const modules = startsForModules(picture, waiting, forModules);
  const readyAt = own.flatMap((run) => (run.state === 'running' && run.readyAt !== null ? [run.readyAt] : []));
  return {
    ...{ now, of, min, max, idle, closing: state === 'closing', demand: waiting, settings, budget },
    workers: own.flatMap((run) => workerOf(run, { rates, ...picture })),
    template: { rooms, life: spec.max_duration * 1000 - endMargin, modules },
    offers: modules ? forModules : usable,
    limits: limitsOf(fleet, runs, most),
    starts: withReady(starts, readyAt, now),
  };
}

function workerOf(
  run: Run,
  {
    rates,
    of,
    fleet,
    nodes,
    demand,
    asideReason,
    runsModules,
  }: Pick<Picture, 'of' | 'fleet' | 'nodes' | 'demand' | 'asideReason' | 'runsModules'> & { rates: ReadonlyMap<string, number> },
): FleetWorker[] {
  const { id, state, node, worker, next, createdAt, readyAt, ends } = run;
  const rooms: Rooms = Object.fromEntries(roomsOf(run.spec ?? fleet.spec));
  // A delivery of a run's own module is refused where it cannot run.
  const isPrimary = of === 'run' && id === fleet.id;
  const modules = isPrimary || node === null || runsModules(node);
  const shared = { run: id, price: rates.get(node ?? '') ?? 0, modules };
  if (state === 'running' && readyAt !== null && worker !== null) {
    const skew = nodes.get(node ?? '')?.skew ?? 0;
    const last = demand.idleSince(worker);
    const times = { ends: ends === null ? null : ends - skew - endMargin, startTook: readyAt - createdAt };
    // Another run has borrowed it.
    if (run.fleet === fleet.id && run.primary !== null)
      return [{ ...shared, ...times, state: 'ready', free: {}, broken: null, idleSince: null }];
    return [
      {
        ...{ ...shared, ...times, state: 'ready', free: demand.freeOf(worker, rooms), broken: asideReason(worker) },
        idleSince: demand.isBusy(worker) ? null : Math.max(readyAt, last ?? 0),
      },
    ];
  }
  if (state === 'ending' && next?.state !== 'queued') return [];
  const waits = node === null ? createdAt : null;
  return [{ ...shared, state: 'starting', ends: null, startTook: null, free: rooms, broken: null, idleSince: waits }];
}

function offersOf(
  spec: WorkerSpec,
  answers: readonly Answer[],
  nodes: readonly Node[],
  here: ReadonlyMap<string, readonly Run[]>,
): FleetOffer[] {
  return answers.flatMap((answer) => {
    const node = nodes.find(({ name }) => name === answer.node);
    if (!node || !('offer' in answer) || !answer.offer.accepted) return [];
    return [{ node: node.name, ...rateOf(answer.offer.price), room: roomOn(node, spec, here.get(node.name) ?? []) }];
  });
}

/**
 * Whether new workers start on nodes that run modules alone: modules wait, and such a node has room, or neither commands nor the minimum need a
 * worker. So modules on full nodes do not delay the rest.
 */
function startsForModules(
  { fleet, own }: Pick<Picture, 'fleet' | 'own'>,
  waiting: readonly Need[],
  offers: readonly FleetOffer[],
): boolean {
  if (!waiting.some(({ modules }) => modules)) return false;
  const placed = own.filter(({ node }) => node !== null).length;
  const othersNeed = placed < fleet.min || waiting.some(({ modules }) => !modules);
  return !othersNeed || offers.some(({ room }) => room > 0);
}

/** Whether a node has all of the labels. */
export function hasLabels({ terms }: Pick<Node, 'terms'>, labels: Fleet['nodes']): boolean {
  return Object.entries(labels).every(([key, value]) => terms.labels[key] === value);
}

/** Further workers that fit the node now. @param runs those on the node */
function roomOn(node: Node, spec: WorkerSpec, runs: readonly Run[]): number {
  if (node.closedBecause().length > 0) return 0;
  const { used, workers } = node.count(runs);
  const free = freeOf(node.capacity, used);
  const asks = totals(spec);
  const times = (['cpu', 'memory', 'storage'] as const).map((kind) => timesIn(free[kind], asks[kind]));
  return Math.max(0, Math.min((node.ceiling?.workers ?? Infinity) - workers.length, ...times));
}

function limitsOf({ organisation, spec }: Template, runs: readonly Run[], most: Most): FleetLimit[] {
  const asks = { ...totals(spec), workers: 1 };
  const placed = runs.filter((run) => run.organisation === organisation && run.node !== null).map((run) => ({ ...run.asks, workers: 1 }));
  return (['cpu', 'memory', 'workers'] as const).flatMap((kind) => {
    const limit = most[kind];
    if (limit === undefined) return [];
    const used = placed.reduce((sum, one) => sum + one[kind], 0);
    const reason = `the organisation may have ${limit} ${words[kind]} at the same time, and has ${used}`;
    return [{ code: 'organisation' as const, left: Math.max(0, timesIn(limit - used, asks[kind])), reason }];
  });
}

const words = { cpu: 'millicores', memory: 'MB of memory', workers: 'workers' } as const;

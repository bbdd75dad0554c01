import { currentLease } from '../../lease/deadline.js';
import type { CountedWorker } from '../ledger.js';
import type { Node } from '../nodes/node.js';
import type { Run } from '../run.js';
import type { Busy, Closed, NodeState, Organisation, Request, Snapshot, WaitingRun } from '../schedule/snapshot.js';
import type { DispatchSettings } from '../settings.js';
import type { Choice } from './choices.js';

/** The runs and nodes of a pass. */
export interface Picture {
  /** Milliseconds since the epoch, by our clock. */
  now: number;
  nodes: readonly Node[];
  /** Runs that hold a share of a node, by its name. */
  here: ReadonlyMap<string, readonly Run[]>;
  /** Ends of workers that are being extended, in milliseconds since the epoch by their node's clock. */
  extending: ReadonlyMap<string, number>;
  waiting: readonly Candidate[];
  organisations: Readonly<Record<string, Organisation>>;
  settings: Pick<DispatchSettings, 'depth' | 'batch' | 'fenceMargin'>;
}

/** A run that waits, with the nodes that it may use. */
export interface Candidate {
  run: Run;
  nodes: readonly Choice[];
  /** See `WaitingRun.fresh`. */
  fresh: boolean;
}

/** The input of a pass, as plain values. */
export function snapshotOf({ now, nodes, here, extending, waiting, organisations, settings }: Picture): Snapshot {
  const requests = new Requests(settings.fenceMargin);
  const around = { now, extending, margin: settings.fenceMargin };
  const paid = new Set<string>();
  for (const one of waiting) for (const node of namesOf(one.nodes).paid) paid.add(node);
  return {
    now,
    nodes: nodes.map((node) => stateOf(node, here.get(node.name) ?? [], { ...around, paid: paid.has(node.name) })),
    waiting: waiting.map((candidate) => waitingOf(candidate, requests)),
    organisations,
    classes: requests.classes,
    settings: { depth: settings.depth, batch: settings.batch },
  };
}

function waitingOf({ run, nodes, fresh }: Candidate, requests: Requests): WaitingRun {
  const { id, organisation, priority, createdAt, avoid, maxWait, promise, state } = run;
  const notBefore = run.bidExpires ?? run.notBefore;
  return {
    ...{ id, organisation, priority, createdAt, avoid, notBefore, maxWait, fresh, held: promise },
    request: requests.of(run, nodes),
    bid: state === 'offered',
  };
}

/** Requests of a pass. Equal ones are one object. */
class Requests {
  readonly classes: Record<string, string[]> = {};
  private readonly known = new Map<string, Request>();

  constructor(private readonly margin: number) {}

  of({ asks, spec }: Run, nodes: readonly Choice[]): Request {
    const making = (spec?.create_timeout ?? 0) * 1000;
    const life = making + (spec?.max_duration ?? 0) * 1000 + this.margin;
    const { names, accepted } = namesOf(nodes);
    const key = [asks.cpu, asks.memory, asks.storage, making, life, accepted].join(' ');
    let request = this.known.get(key);
    if (!request) {
      request = { asks, making, life, class: accepted };
      this.known.set(key, request);
      this.classes[accepted] = names;
    }
    return request;
  }
}

/** Answers of nodes serve many passes. */
const named = new WeakMap<readonly Choice[], Names>();

interface Names {
  names: string[];
  /** All names as one key. */
  accepted: string;
  /** Those that cost money. */
  paid: string[];
}

function namesOf(nodes: readonly Choice[]): Names {
  const earlier = named.get(nodes);
  if (earlier) return earlier;
  const byPrice = [...nodes].sort((a, b) => a.perHour - b.perHour);
  const names = byPrice.map(({ node }) => node);
  const paid = byPrice.filter(({ most }) => most > 0).map(({ node }) => node);
  const made = { names, paid, accepted: names.join('\n') };
  named.set(nodes, made);
  return made;
}

interface Around {
  now: number;
  margin: number;
  extending: ReadonlyMap<string, number>;
  paid: boolean;
}

function stateOf(node: Node, runs: readonly Run[], { now, margin, extending, paid }: Around): NodeState {
  const { skew, watch } = node;
  const byWorker = new Map(runs.map((run) => [run.worker, run]));
  return {
    name: node.name,
    capacity: { ...node.capacity, workers: node.ceiling?.workers ?? null },
    making: node.making,
    closed: closedOf(node, now),
    emptyBy: node.emptyBy,
    paid,
    skew,
    busy: node.count(runs).workers.map((one) => {
      const run = byWorker.get(one.worker);
      if (!run) return otherBusy(one, { skew, margin });
      const lease = currentLease(watch.last?.workers.get(one.worker) ?? []);
      return ownBusy(run, Math.max(lease?.endsAt ?? 0, extending.get(run.id) ?? 0), { skew, margin });
    }),
  };
}

function closedOf({ cordon, emptyBy, health }: Node, now: number): Closed | null {
  if (cordon === 'cordoned') return 'node_closed';
  if (cordon === 'draining' && (emptyBy === null || emptyBy <= now)) return 'drained';
  return health.state === 'ready' || health.state === 'trying' ? null : 'node_lost';
}

const nothing = { cpu: 0, memory: 0, storage: 0 };

interface Times {
  skew: number;
  margin: number;
}

/** A worker that no run of this service has. */
function otherBusy({ worker, asks, ends }: CountedWorker, { skew, margin }: Times): Busy {
  const until = ends === null ? null : ends - skew + margin;
  return { id: worker, organisation: null, asks: asks ?? nothing, until, makingUntil: null };
}

/** A run's worker. `leaseEnds`: as of the last look and of an extension that goes on, by the node's clock; 0: there is none. */
function ownBusy(run: Run, leaseEnds: number, { skew, margin }: Times): Busy {
  const { id, organisation, asks, state, spec, until, readyAt, ends, lastTryAt } = run;
  const fence = until === null ? null : until * 1000;
  const latest = readyAt === null || ends === null ? fence : Math.max(ends, leaseEnds);
  const isMade = state === 'running' || state === 'ending';
  return {
    ...{ id, organisation, asks },
    until: latest === null ? null : latest - skew + margin,
    makingUntil: isMade || lastTryAt === null ? null : lastTryAt + (spec?.create_timeout ?? 0) * 1000,
  };
}

import type { Wait } from './decisions.js';
import type { Organisation, Snapshot, WaitingRun } from './snapshot.js';

interface Used {
  cpu: number;
  memory: number;
  workers: number;
}

const kinds = ['cpu', 'memory', 'workers'] as const;
const none: Organisation = { most: {}, guaranteed: {} };

/** Counts what organisations have: `placed` on nodes, and `held` with their reservations and bids. */
export class Organisations {
  private readonly held = new Map<string, Used>();
  private readonly placed = new Map<string, Used>();

  constructor(private readonly snapshot: Pick<Snapshot, 'organisations' | 'nodes'>) {
    for (const { busy } of snapshot.nodes) {
      for (const { organisation, asks } of busy) {
        if (organisation === null) continue;
        add(this.held, organisation, asks, 1);
        add(this.placed, organisation, asks, 1);
      }
    }
  }

  hold({ organisation, request }: Pick<WaitingRun, 'organisation' | 'request'>): void {
    add(this.held, organisation, request.asks, 1);
  }

  drop({ organisation, request }: Pick<WaitingRun, 'organisation' | 'request'>): void {
    add(this.held, organisation, request.asks, -1);
  }

  /** A run that is held starts. */
  start({ organisation, request }: Pick<WaitingRun, 'organisation' | 'request'>): void {
    add(this.placed, organisation, request.asks, 1);
  }

  /** Why the organisation's most does not allow the run now; `null`: it does. */
  refusal({ organisation, request }: Pick<WaitingRun, 'organisation' | 'request'>): Wait | null {
    const { most } = this.of(organisation);
    for (const kind of kinds) {
      const limit = most[kind];
      if (limit === undefined) continue;
      const used = this.held.get(organisation)?.[kind] ?? 0;
      const asks = kind === 'workers' ? 1 : request.asks[kind];
      if (used + asks > limit) return { code: 'organisation_most', kind, used, asks, most: limit };
    }
    return null;
  }

  /** How much more the organisation may have; `Infinity`: it has no limit. */
  left(organisation: string, kind: 'cpu' | 'memory'): number {
    return (this.of(organisation).most[kind] ?? Infinity) - (this.held.get(organisation)?.[kind] ?? 0);
  }

  /** The larger of cpu and memory placed ÷ guaranteed. Without a guarantee it is 1: after all that have less than theirs. */
  share(organisation: string): number {
    const { guaranteed } = this.of(organisation);
    const placed = this.placed.get(organisation);
    const shares = (['cpu', 'memory'] as const).flatMap((kind) => {
      const least = guaranteed[kind];
      return least ? [(placed?.[kind] ?? 0) / least] : [];
    });
    return shares.length === 0 ? 1 : Math.max(...shares);
  }

  private of(organisation: string): Organisation {
    return this.snapshot.organisations[organisation] ?? none;
  }
}

function add(map: Map<string, Used>, organisation: string, { cpu, memory }: { cpu: number; memory: number }, sign: number): void {
  const used = map.get(organisation) ?? { cpu: 0, memory: 0, workers: 0 };
  map.set(organisation, { cpu: used.cpu + sign * cpu, memory: used.memory + sign * memory, workers: used.workers + sign });
}

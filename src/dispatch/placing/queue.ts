import type { Clock } from '../../clock.js';
import type { Limits } from '../limits.js';
import { byNode, type Node } from '../nodes/node.js';
import type { Offers } from '../nodes/offers.js';
import type { Orphans } from '../orphans.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import { type Budgets, type Held as HeldBack, heldByBudget, isAffordable } from '../schedule/affordable.js';
import type { Snapshot } from '../schedule/snapshot.js';
import type { DispatchSettings } from '../settings.js';
import { type Choice, Choices, type Chosen } from './choices.js';
import { type Candidate, snapshotOf } from './snapshot-of.js';

export interface QueueParts {
  runs: Runs;
  offers: Offers;
  nodes: ReadonlyMap<string, Node>;
  orphans: Pick<Orphans, 'has'>;
  settings: DispatchSettings;
  limits: Limits;
  clock: Clock;
  /** See `ChoiceParts`. */
  mayUse(run: Run, node: string): boolean;
  /** Other nodes accept a run than before. */
  changed(): void;
}

/** The waiting runs and the nodes at one moment. */
export interface Reading {
  waiting: readonly Run[];
  /** Those whose nodes have answered, and which their organisation can pay. */
  candidates: ReadonlyMap<string, Candidate>;
  /** Runs that the budget of their organisation holds back. */
  heldBack: ReadonlyMap<string, HeldBack>;
  snapshot: Snapshot;
}

/** Runs that wait for a node, and bids. */
export class Queue {
  /** Ends of workers that are being extended, in milliseconds since the epoch by their node's clock. */
  readonly extending = new Map<string, number>();
  private readonly choices: Choices;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: QueueParts) {
    const { offers, runs, clock, changed, mayUse } = parts;
    this.choices = new Choices({ offers, clock, changed, mayUse, attempts: (run) => runs.attempts(run) });
  }

  /** Asks the nodes for the next runs. @returns whether further runs have no answer yet */
  learn(): Promise<boolean> {
    return this.choices.learn(this.waiting(), this.parts.settings.batch * 4);
  }

  /** See `Choices.askAt`. */
  get askAt(): number | null {
    return this.choices.askAt;
  }

  /** Runs one work after the other, so that a promise that is being stored counts for the next reader. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  /** The nodes for a run; `null`: they have not answered yet. */
  chosen(run: Run): Chosen | null {
    return this.choices.of(run);
  }

  /** @param isFresh see `WaitingRun.fresh` */
  async read(isFresh: (run: Run) => boolean): Promise<Reading> {
    const { runs } = this.parts;
    const budgets = await runs.budgetsLeft(new Set([...runs.all()].map(({ organisation }) => organisation)));
    // From here on nothing is awaited, so that all of it is about one moment.
    const waiting = this.waiting();
    const answered: Candidate[] = [];
    for (const run of waiting) {
      const candidate = this.candidate(run, isFresh(run));
      if (candidate) answered.push(candidate);
    }
    const heldBack = heldByBudget(answered.map(costsOf), budgets);
    const affordable = budgets.size === 0 ? answered : answered.flatMap((candidate) => within(candidate, budgets));
    return {
      waiting,
      candidates: new Map(affordable.map((candidate) => [candidate.run.id, candidate])),
      heldBack,
      snapshot: this.snapshot(affordable),
    };
  }

  private waiting(): Run[] {
    const { runs, orphans } = this.parts;
    return [...runs.all()].filter(({ id, state }) => (state === 'queued' || state === 'offered') && !orphans.has(id));
  }

  /** None while its nodes have not answered. The promise of a run on a node that was not looked at yet stays as it is. */
  private candidate(run: Run, fresh: boolean): Candidate | null {
    if (run.promise && this.parts.nodes.get(run.promise.node)?.health.state === 'unknown') return null;
    // A run whose spec was lost waits for ever.
    const chosen = run.spec ? this.choices.of(run) : { nodes: none };
    return chosen && { run, nodes: chosen.nodes, fresh };
  }

  private snapshot(waiting: readonly Candidate[]): Snapshot {
    const { runs, nodes, settings, limits, clock } = this.parts;
    const picture = { now: clock.now(), nodes: [...nodes.values()], here: byNode(runs.all()), extending: this.extending };
    return snapshotOf({ ...picture, waiting, organisations: limits.shares, settings });
  }
}

const none: readonly Choice[] = [];

function costsOf({ run: { id, organisation }, nodes }: Candidate) {
  return { id, organisation, nodes };
}

/** The nodes that its organisation can pay; nothing where there are only others. */
function within(candidate: Candidate, budgets: Budgets): Candidate[] {
  const left = budgets.get(candidate.run.organisation);
  if (left === undefined) return [candidate];
  const nodes = candidate.nodes.filter((choice) => isAffordable(choice, left));
  return nodes.length === 0 && candidate.nodes.length > 0 ? [] : [{ ...candidate, nodes }];
}

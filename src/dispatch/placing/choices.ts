import type { Clock } from '../../clock.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import { costLeft } from '../max-cost.js';
import { type Rate, rateOf } from '../money.js';
import type { Offers } from '../nodes/offers.js';
import type { Attempt, Run } from '../run.js';
import { isAffordable, leastOf } from '../schedule/affordable.js';
import { byTurn } from '../schedule/order.js';

/** A node that accepts a spec, with the cost of the worker there. */
export interface Choice extends Rate {
  node: string;
}

/** The nodes for a run, as they last answered. */
export interface Chosen {
  nodes: readonly Choice[];
  /** Every node costs more than the run's `max_cost` leaves: its cheapest one, and the rest, in micros. */
  tooCostly: { least: number; left: number } | null;
}

export interface ChoiceParts {
  offers: Pick<Offers, 'of'>;
  /** The attempts of a run. */
  attempts(run: string): Promise<Attempt[]>;
  clock: Pick<Clock, 'now'>;
  /** Whether the run may use a node that accepts its spec. */
  mayUse(run: Run, node: string): boolean;
  /** Other nodes accept a run than before. */
  changed(): void;
}

interface Answer {
  at: number;
  /** The run's attempt at the time of the question. */
  attempt: number;
  /** A node did not answer. */
  silent: boolean;
  chosen: Chosen;
}

/** Milliseconds after which nodes are asked again. */
const askAgainAfter = 10_000;

/** The same, where a node did not answer: it may at any time. */
const askSilentAfter = 1000;

/** Nodes that accept the specs of waiting runs. */
export class Choices {
  /** When a node that did not answer for a waiting run is asked again, in milliseconds since the epoch; `null`: all have answered. */
  askAt: number | null = null;
  private readonly known = new WeakMap<WorkerSpec, Answer>();

  constructor(private readonly parts: ChoiceParts) {}

  /**
   * Asks the nodes for runs without an answer, those with a promised start first, and then again for those with the oldest answers.
   *
   * @param most the most specs that are asked for
   * @returns whether some runs have no answer yet
   */
  async learn(runs: readonly Run[], most: number): Promise<boolean> {
    const now = this.parts.clock.now();
    const missing = runs
      .filter((run) => run.spec && !this.answer(run))
      .sort((a, b) => Number(b.promise !== null) - Number(a.promise !== null) || byTurn(a, b));
    const asked = missing.slice(0, most);
    for (const { run, answer } of this.old(runs, now - askAgainAfter).slice(0, most - asked.length)) {
      // The old answer serves until the new one is there, and after a failure.
      answer.at = now;
      void this.askAgain(run, answer.chosen).catch(() => {});
    }
    await Promise.all(asked.map((run) => this.ask(run, run.spec!)));
    const silent = runs.some((run) => this.answer(run)?.silent);
    this.askAt = silent ? this.parts.clock.now() + askSilentAfter : null;
    return missing.length > asked.length;
  }

  /** Runs whose answers are older than a time, the oldest first. */
  private old(runs: readonly Run[], oldest: number): { run: Run; answer: Answer }[] {
    return runs
      .flatMap((run) => {
        const answer = this.answer(run);
        return answer && answer.at <= oldest ? [{ run, answer }] : [];
      })
      .sort((a, b) => a.answer.at - b.answer.at);
  }

  /** `null`: the nodes have not answered yet. */
  of(run: Run): Chosen | null {
    return this.answer(run)?.chosen ?? null;
  }

  /** The newest answer. The costs of an attempt make a new one necessary for a run with `max_cost`. */
  private answer({ spec, attempt }: Run): Answer | undefined {
    const answer = spec && this.known.get(spec);
    return answer && (answer.attempt === attempt || spec.max_cost === null) ? answer : undefined;
  }

  private async askAgain(run: Run, { nodes }: Chosen): Promise<void> {
    await this.ask(run, run.spec!);
    const now = this.of(run)?.nodes ?? [];
    if (now.map(({ node }) => node).join() !== nodes.map(({ node }) => node).join()) this.parts.changed();
  }

  private async ask(run: Run, spec: WorkerSpec): Promise<void> {
    const answers = await this.parts.offers.of(spec);
    const accepting = answers.flatMap((answer) =>
      'offer' in answer && answer.offer.accepted && this.parts.mayUse(run, answer.node)
        ? [{ node: answer.node, ...rateOf(answer.offer.price) }]
        : [],
    );
    const left = costLeft(run, await this.earlierAttempts(run));
    const nodes = accepting.filter((choice) => isAffordable(choice, left));
    const silent = answers.some((answer) => 'error' in answer);
    // A node that did not answer may cost less.
    const tooCostly = nodes.length === 0 && accepting.length > 0 && !silent ? { least: leastOf(accepting), left: left! } : null;
    const now = this.parts.clock.now();
    this.known.set(spec, {
      attempt: run.attempt,
      silent,
      at: silent ? now - askAgainAfter + askSilentAfter : now,
      chosen: { nodes, tooCostly },
    });
  }

  /** Only a run with a `max_cost` needs them. */
  private async earlierAttempts({ id, spec, attempt }: Run): Promise<Attempt[]> {
    return attempt === 0 || spec?.max_cost == null ? [] : this.parts.attempts(id);
  }
}

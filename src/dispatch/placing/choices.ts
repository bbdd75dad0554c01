import type { Clock } from '../../clock.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import { costLeft } from '../max-cost.js';
import { type Rate, rateOf } from '../money.js';
import type { Offers } from '../nodes/offers.js';
import type { Attempt, Run } from '../run.js';
import { isAffordable, leastOf } from '../schedule/affordable.js';

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
}

/** Milliseconds after which nodes are asked again. */
const askAgainAfter = 10_000;

/** Nodes that accept the specs of waiting runs. */
export class Choices {
  private readonly known = new WeakMap<WorkerSpec, { at: number; chosen: Chosen }>();

  constructor(private readonly parts: ChoiceParts) {}

  /**
   * Asks the nodes for the first runs without an answer, and again for those whose answers are old.
   *
   * @param most the most specs that are asked for
   * @returns the number of specs that it has waited for
   */
  async learn(runs: Iterable<Run>, most: number): Promise<number> {
    const oldest = this.parts.clock.now() - askAgainAfter;
    const missing: Promise<void>[] = [];
    let asked = 0;
    for (const run of runs) {
      const known = run.spec && this.known.get(run.spec);
      if (!run.spec || (known && known.at > oldest)) continue;
      if (asked++ >= most) break;
      const asking = this.ask(run, run.spec);
      // An old answer serves until the new one is there.
      if (!known) missing.push(asking);
    }
    await Promise.all(missing);
    return missing.length;
  }

  /** `null`: the nodes have not answered yet. */
  of({ spec }: Pick<Run, 'spec'>): Chosen | null {
    return spec && (this.known.get(spec)?.chosen ?? null);
  }

  private async ask(run: Run, spec: WorkerSpec): Promise<void> {
    const answers = await this.parts.offers.of(spec);
    const accepting = answers.flatMap((answer) =>
      'offer' in answer && answer.offer.accepted ? [{ node: answer.node, ...rateOf(answer.offer.price) }] : [],
    );
    const left = costLeft(run, await this.earlierAttempts(run));
    const nodes = accepting.filter((choice) => isAffordable(choice, left));
    const silent = answers.some((answer) => 'error' in answer);
    // A node that did not answer may cost less.
    const tooCostly = nodes.length === 0 && accepting.length > 0 && !silent ? { least: leastOf(accepting), left: left! } : null;
    // Such a node may answer at any time.
    this.known.set(spec, { at: silent ? -Infinity : this.parts.clock.now(), chosen: { nodes, tooCostly } });
  }

  /** Only a run with a `max_cost` needs them. */
  private async earlierAttempts({ id, spec, attempt }: Run): Promise<Attempt[]> {
    return attempt === 0 || spec?.max_cost == null ? [] : this.parts.attempts(id);
  }
}

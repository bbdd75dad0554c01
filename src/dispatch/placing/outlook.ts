import type { Clock } from '../../clock.js';
import type { Node } from '../nodes/node.js';
import type { Offers } from '../nodes/offers.js';
import type { Run } from '../run.js';
import { type Extension, extension } from '../schedule/changes.js';
import { why, type Why } from '../schedule/why.js';
import type { Queue } from './queue.js';

export interface OutlookParts {
  queue: Queue;
  offers: Pick<Offers, 'of'>;
  nodes: ReadonlyMap<string, Node>;
  /** See `DispatchSettings.fenceMargin`. */
  margin: number;
  clock: Pick<Clock, 'now'>;
}

/** Answers about the future, as the next pass would decide. Nothing changes. */
export class Outlook {
  constructor(private readonly parts: OutlookParts) {}

  /** Why a run waits. `null`: it does not, or the scheduler does not see it: its nodes have not answered, or a budget holds it back. */
  async why(run: Run): Promise<Why | null> {
    const { snapshot } = await this.parts.queue.read(() => false);
    return why(snapshot, run.id, await this.elsewhere(run));
  }

  /**
   * Who would wait longer if a run's worker lived until then. If nobody would, or by force, passes count with this end from now on, while the
   * lease is being written.
   *
   * @param until milliseconds since the epoch by the node's clock
   */
  async extend({ id, node }: Pick<Run, 'id' | 'node'>, until: number, force: boolean): Promise<Extension> {
    const { queue, nodes, margin } = this.parts;
    return queue.alone(async () => {
      const { snapshot } = await queue.read(() => false);
      const effect = extension(snapshot, id, until - (nodes.get(node ?? '')?.skew ?? 0) + margin);
      if (force || (effect.delays.length === 0 && !effect.drained)) queue.extending.set(id, until);
      return effect;
    });
  }

  /** Nodes that would accept the run if its spec did not name another one. */
  private async elsewhere({ spec }: Run): Promise<string[]> {
    if (!spec || spec.backend === null) return [];
    const [here, all] = await Promise.all([spec, { ...spec, backend: null }].map((one) => this.accepting(one)));
    return all!.filter((node) => !here!.includes(node));
  }

  private async accepting(spec: NonNullable<Run['spec']>): Promise<string[]> {
    const answers = await this.parts.offers.of(spec);
    return answers.flatMap((answer) => ('offer' in answer && answer.offer.accepted ? [answer.node] : []));
  }
}

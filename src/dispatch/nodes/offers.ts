import type { Clock } from '../../clock.js';
import { type MayflyError, toMayflyError } from '../../errors.js';
import type { Offer } from '../../spec/offer.js';
import { parseSpec } from '../../spec/parse.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Runtime } from '../../worker/runtime.js';
import type { Policy } from '../policy.js';
import type { Node } from './node.js';
import { refusalsOf } from './terms.js';

/** A node's answer to a spec; `error`: it did not answer. */
export type Answer = { node: string } & ({ offer: Offer } | { error: MayflyError });

/** Milliseconds for which an answer is used again. */
const validFor = 30_000;

/** Asks nodes for their offers, once for all runs with the same spec. */
export class Offers {
  private readonly asked = new Map<string, { at: number; answers: Promise<Answer[]> }>();

  constructor(
    private readonly runtime: Pick<Runtime, 'openNode'>,
    private readonly nodes: readonly Node[],
    private readonly clock: Clock,
    private readonly policy: Pick<Policy, 'reasons'>,
  ) {}

  /** Every node's answer, in the order of the settings. */
  of(spec: WorkerSpec): Promise<Answer[]> {
    // A run's worker has another name than its spec.
    const key = JSON.stringify({ ...spec, name: '' });
    const now = this.clock.now();
    for (const [other, { at }] of this.asked) {
      if (at > now - validFor) break;
      this.asked.delete(other);
    }
    const known = this.asked.get(key);
    if (known) return known.answers;
    const answers = Promise.all(this.nodes.map((node) => this.ask(node, spec)));
    const entry = { at: now, answers };
    this.asked.set(key, entry);
    // A node may answer again at any time.
    void answers.then((all) => {
      if (all.some((answer) => 'error' in answer) && this.asked.get(key) === entry) this.asked.delete(key);
    });
    return answers;
  }

  /** Asks nodes whose resources are not known yet. One that does not answer stays unknown. */
  async learn(): Promise<void> {
    if (this.nodes.some(({ offered }) => offered === null)) await this.of(smallest());
  }

  private async ask(node: Node, spec: WorkerSpec): Promise<Answer> {
    const { name } = node;
    const { state, reason } = node.health;
    // Its looks find out when it answers again. Others must not wait for it.
    if (state === 'silent' && reason) return { node: name, error: reason };
    try {
      const backend = await this.runtime.openNode(name);
      const offer = await backend.offer(spec);
      node.offered = offer.has;
      const refused = [...this.policy.reasons(name, spec), ...refusalsOf(node.terms, offer.asks)];
      return { node: name, offer: refused.length === 0 ? offer : { ...offer, accepted: false, reasons: [...refused, ...offer.reasons] } };
    } catch (thrown) {
      return { node: name, error: toMayflyError(thrown) };
    }
  }
}

/** A spec that asks for a node's resources. No worker is made from it. */
function smallest(): WorkerSpec {
  const spec = { name: 'resources', max_duration: 1, engine: { image: 'busybox' } };
  return parseSpec(JSON.stringify(spec), { file: 'resources.json', env: {}, directory: '/' }).spec;
}

import type { Store } from '../store/store.js';
import { type Cordon, cordons, type Node } from './node.js';

type Settings = Pick<Store, 'setting' | 'setSetting'>;

/** Reads which nodes administrators have closed, also in an earlier process. */
export async function loadCordons(store: Settings, nodes: Iterable<Node>): Promise<void> {
  for (const node of nodes) {
    const [cordon, by] = ((await store.setting(keyOf(node))) ?? '').split(' ');
    node.cordon = cordons.find((one) => one === cordon) ?? 'open';
    node.emptyBy = by === undefined ? null : Number(by);
  }
}

/** Stores it, then obeys it. `by`: when a node that is drained shall be empty, in milliseconds since the epoch; `null`: it takes no run now. */
export async function setCordon(store: Settings, node: Node, cordon: Cordon, by: number | null = null): Promise<void> {
  await store.setSetting(keyOf(node), by === null ? cordon : `${cordon} ${by}`);
  Object.assign(node, { cordon, emptyBy: by });
}

function keyOf({ name }: Node): string {
  return `cordon ${name}`;
}

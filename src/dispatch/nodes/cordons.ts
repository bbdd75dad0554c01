import type { Store } from '../store/store.js';
import { type Cordon, cordons, type Node } from './node.js';

type Settings = Pick<Store, 'setting' | 'setSetting'>;

/** Reads which nodes administrators have closed, also in an earlier process. */
export async function loadCordons(store: Settings, nodes: Iterable<Node>): Promise<void> {
  for (const node of nodes) {
    const stored = await store.setting(keyOf(node));
    node.cordon = cordons.find((one) => one === stored) ?? 'open';
  }
}

/** Stores it, then obeys it. */
export async function setCordon(store: Settings, node: Node, cordon: Cordon): Promise<void> {
  await store.setSetting(keyOf(node), cordon);
  node.cordon = cordon;
}

function keyOf({ name }: Node): string {
  return `cordon ${name}`;
}

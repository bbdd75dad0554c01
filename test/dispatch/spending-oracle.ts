import type { Clock } from '../../src/clock.js';
import { runOfWorker } from '../../src/dispatch/worker-name.js';
import { labelKeys } from '../../src/labels.js';
import type { MemoryNode } from '../memory/node.js';
import type { Oracle } from './oracle.js';

export interface Spending {
  clock: Clock;
  /** Of every worker: millionths of a US dollar a second, and seconds. */
  perSecond: number;
  lifetime: number;
  /** The organisation of a run. */
  organisationOf(run: string): string;
  budgets: ReadonlyMap<string, number>;
}

/** Checks at every object that is made: what ended workers have cost, and what living ones may cost, is within each budget. */
export function overseenSpending(node: MemoryNode, { clock, perSecond, lifetime, organisationOf, budgets }: Spending): Oracle {
  const broken: string[] = [];
  const lives = new Map<string, { organisation: string; from: number; to: number | null }>();
  const costOf = ({ from, to }: { from: number; to: number | null }) =>
    perSecond * Math.min(lifetime, to === null ? lifetime : (to - from) / 1000);
  const create = node.create.bind(node);
  node.create = (type, name, labels, configuration) => {
    const worker = labels[labelKeys.worker] ?? '';
    const run = runOfWorker(worker);
    if (run) {
      const organisation = organisationOf(run.run);
      lives.set(worker, { from: clock.now(), ...lives.get(worker), organisation, to: null });
      const spent = [...lives.values()].filter((one) => one.organisation === organisation).reduce((sum, one) => sum + costOf(one), 0);
      if (spent > (budgets.get(organisation) ?? Infinity)) broken.push(`${organisation} may spend ${spent} since ${name} was made`);
    }
    return create(type, name, labels, configuration);
  };
  const remove = node.delete.bind(node);
  node.delete = (id) => {
    const worker = node.find(id)?.labels[labelKeys.worker] ?? '';
    remove(id);
    const life = lives.get(worker);
    if (life && node.of(worker).length === 0) life.to = clock.now();
  };
  return { broken };
}

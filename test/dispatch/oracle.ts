import { runOfWorker } from '../../src/dispatch/worker-name.js';
import { labelKeys } from '../../src/labels.js';
import type { MemoryNode } from '../memory/node.js';
import type { MemoryObject } from '../memory/object.js';

/** Watches nodes from outside of the dispatcher, at every start of a container. */
export interface Oracle {
  /** Each broken promise as a sentence. */
  broken: string[];
}

/** Checks that no run has two living workers, that no attempt has two engines in a row, and that a node has the memory for its workers. */
export function overseen(...nodes: MemoryNode[]): Oracle {
  const broken: string[] = [];
  /** The engine of each worker that was ever started. */
  const engines = new Map<string, string>();
  for (const node of nodes) {
    const start = node.start.bind(node);
    node.start = (id) => {
      const started = start(id);
      const worker = workerOf(started);
      if (worker === null) return started;
      const others = nodes.flatMap((one) => one.list()).filter((object) => isAlive(object) && isOtherAttempt(workerOf(object), worker));
      if (others.length > 0) broken.push(`${worker} started while ${others.map(({ name }) => name).join(', ')} lived`);
      const first = engines.get(worker) ?? started.id;
      if (first !== started.id) broken.push(`${worker} was made twice`);
      engines.set(worker, first);
      const asked = node
        .list()
        .filter(isAlive)
        .reduce((sum, { configuration }) => sum + Number(configuration['memory']), 0);
      if (asked > node.has.memory) broken.push(`${asked} MB are asked of a node that has ${node.has.memory}`);
      return started;
    };
  }
  return { broken };
}

function isAlive({ run }: MemoryObject): boolean {
  return run?.status === 'running';
}

function workerOf({ labels }: MemoryObject): string | null {
  return labels[labelKeys.worker] ?? null;
}

function isOtherAttempt(one: string | null, other: string): boolean {
  if (one === null || one === other) return false;
  const [a, b] = [runOfWorker(one), runOfWorker(other)];
  return a !== null && b !== null && a.run === b.run;
}

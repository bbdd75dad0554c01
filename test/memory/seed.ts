import { leaseLabels } from '../../src/backends/shared/own-labels.js';
import { type Labels, labelKeys } from '../../src/labels.js';
import type { Attributes } from '../../src/plan/resource-schema.js';
import { containerType, leaseType, objectName, volumeType } from './names.js';
import type { MemoryNode } from './node.js';

export interface Seed {
  worker?: string;
  /** Seconds from its birth. */
  lifetime?: number;
  maxLifetime?: number;
  /** Seconds from now at which its lease ends it; `null`: it has no lease yet. Default: a minute. */
  lease?: number | null;
  /** MB that its volume may take. */
  storage?: number;
  engine?: Labels;
  /** Labels of all of its objects but the lease. */
  labels?: Labels;
  /** Containers beside the engine. */
  containers?: readonly string[];
}

/** A worker as an apply of some machine leaves it: an engine, a volume, containers and a lease. All of it runs. */
export function seed(node: MemoryNode, given: Seed = {}): void {
  const {
    worker = 'one',
    lifetime = 3600,
    maxLifetime = 7200,
    lease = 60,
    storage,
    engine = {},
    labels: common = {},
    containers = [],
  } = given;
  const make = (type: string, id: string, more: Labels = {}, configuration: Attributes = {}) => {
    const labels = {
      [labelKeys.worker]: worker,
      [labelKeys.address]: `${type}.${id}`,
      [labelKeys.lifetime]: String(lifetime),
      [labelKeys.maxLifetime]: String(maxLifetime),
      ...common,
      ...more,
    };
    return node.create(type, objectName(worker, id), labels, configuration);
  };
  const volume = make(volumeType, 'work', storage === undefined ? {} : { [labelKeys.storage]: String(storage) });
  for (const id of ['engine', ...containers]) {
    const { id: key } = make(containerType, id, id === 'engine' ? engine : {}, {
      command: ['serve'],
      env: {},
      memory: 512,
      mounts: { '/work': volume.id },
    });
    node.start(key);
  }
  if (lease !== null) seedLease(node, worker, lease);
}

/** A lease that ends the worker so many seconds from now, by the node's clock. */
export function seedLease(node: MemoryNode, worker: string, seconds: number, number = 1): void {
  const ends = Math.round(node.now() / 1000) + seconds;
  node.create(leaseType, objectName(worker, `lease-${number}`), leaseLabels(worker, { lifetime: 3600, maxLifetime: 7200 }, ends));
}

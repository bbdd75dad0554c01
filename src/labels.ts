/**
 * Ownership labels. Every object mayfly makes carries them from the instant of its creation; they are enough to list, rebuild
 * the state of, end and destroy a worker without any local file.
 */
export const labelKeys = {
  /** The worker's name. */
  worker: 'dev.mayfly.worker',
  /** Seconds from the worker's oldest creation to its latest end: `create_timeout + max_duration`. */
  lifetime: 'dev.mayfly.lifetime',
  /** Seconds from the worker's oldest creation that no lease may exceed: the `max_lifetime` of whoever made it. */
  maxLifetime: 'dev.mayfly.max_lifetime',
  /** The resource's address in the stack (`docker_container.engine`). */
  address: 'dev.mayfly.address',
  /** On a lease object only: when the worker ends, seconds since the epoch by the backend's clock. */
  ends: 'dev.mayfly.ends',
  /** On a lease object only: the `max_duration` it was made for, so that an edit of it is seen. */
  maxDuration: 'dev.mayfly.max_duration',
  /** On an engine that runs commands in its containers: the directory, or the volume, that its socket is in. */
  exec: 'dev.mayfly.exec',
  /** On a keeper inside the daemon: the version of it. It is nobody's worker. */
  keeper: 'dev.mayfly.keeper',
  /** On a container that is meant to end: `true`. */
  once: 'dev.mayfly.once',
  /** On a lease object only: the names of the worker's containers beside its engine when it got ready, so that a missing one is seen. */
  containers: 'dev.mayfly.containers',
  /** MB that a container or a volume may take on disk, where the backend itself sets no limit: the keeper watches it. */
  storage: 'dev.mayfly.storage',
  /** Where a cloud knows it: who made it. */
  owner: 'dev.mayfly.owner',
  /** On an engine, and on the lease since the worker was adopted: where its spec came from; empty where it came from no file. */
  origin: 'dev.mayfly.origin',
  /** On what all workers of a cloud account share: it is nobody's worker. */
  shared: 'dev.mayfly.shared',
  /** On what a cloud worker is made of first: the cluster that it lives in. */
  cluster: 'dev.mayfly.cluster',
  /** On the same: which container has a secret of its own; followed by its name. */
  pull: 'dev.mayfly.pull.',
  /** What a request said of itself, kept for those who look for it. */
  tags: 'dev.mayfly.tags',
  id: 'dev.mayfly.id',
  organization: 'dev.mayfly.organization',
  parent: 'dev.mayfly.parent',
} as const;

export type Labels = Record<string, string>;

/** Text that every backend takes as a label's value: AWS's tags are the narrowest. Other characters become spaces; 256 are kept. */
export function portableText(text: string): string {
  return text.replace(/[^\p{L}\p{N}\s_.:/=+\-@]/gu, ' ').slice(0, 256);
}

/**
 * Ownership labels. Every object that mayfly makes has them from the instant of its creation. Without any local file, they are enough to
 * list a worker, to rebuild its state, and to end or destroy it.
 */
export const labelKeys = {
  /** The worker's name. */
  worker: 'dev.mayfly.worker',
  /** Seconds from the creation of the worker's oldest object to its latest end: `create_timeout + max_duration`. */
  lifetime: 'dev.mayfly.lifetime',
  /** Seconds from the creation of the oldest object that no lease may exceed: `max_lifetime` in its maker's settings. */
  maxLifetime: 'dev.mayfly.max_lifetime',
  /**
   * On all objects of a worker: its latest end without a lease, in whole seconds since the epoch by the node's clock. Set before the first
   * object, so that the loss of an object moves no end, and an object that is made too late ends at once.
   */
  until: 'dev.mayfly.until',
  /** On all objects of a worker: the sum of resources that its spec asks for, as `formatAsks` writes it. */
  asks: 'dev.mayfly.asks',
  /** On all objects of a worker: the installation of the dispatcher that made it; empty or `none` for a worker of the command line. */
  dispatcher: 'dev.mayfly.dispatcher',
  /** On all objects of a worker: the name in its spec. A dispatcher gives its workers other names. */
  name: 'dev.mayfly.name',
  /** The resource's address in the stack (`docker_container.engine`). */
  address: 'dev.mayfly.address',
  /** On a lease object only: the worker's end, in seconds since the epoch by the backend's clock. */
  ends: 'dev.mayfly.ends',
  /** On a lease object only: the `max_duration` that it was made for, so that a change of the spec is detected. */
  maxDuration: 'dev.mayfly.max_duration',
  /** On an engine that runs commands in its containers: the directory or the volume of its socket. */
  exec: 'dev.mayfly.exec',
  /** On a keeper inside the daemon: its version. Such an object belongs to no worker. */
  keeper: 'dev.mayfly.keeper',
  /** On the image of such a keeper: the labels by which it ends workers, as far as an earlier version did not; `until`. */
  keeperObeys: 'dev.mayfly.keeper_obeys',
  /** On a container that is meant to end: `true`. */
  once: 'dev.mayfly.once',
  /** On a lease object only: names of the worker's containers (without its engine) when it became ready, so that a missing one is detected. */
  containers: 'dev.mayfly.containers',
  /** On a lease object only: codes of the containers that have the copies of their spec. A replaced container has another code. */
  copied: 'dev.mayfly.copied',
  /** On a lease object only: `true` for a worker that is kept, stopped, after its `run` has failed. */
  retained: 'dev.mayfly.retained',
  /** On a lease object only: seconds for which the worker is kept, stopped, after its engine has failed. Absent: it ends then. */
  retain: 'dev.mayfly.retain',
  /** MB that a container or a volume may use on disk, if the backend sets no limit: the keeper measures it. */
  storage: 'dev.mayfly.storage',
  /** In a cloud: the identity that made the object. */
  owner: 'dev.mayfly.owner',
  /** On an engine, and on the lease of an adopted worker: the origin of the spec; empty if it came from no file. */
  origin: 'dev.mayfly.origin',
  /** On all objects of a worker: the process that `run` made the worker for, as `identityName` writes it; empty for other workers. */
  runner: 'dev.mayfly.runner',
  /** On the volumes of a cache, and on a worker's volume that says that the worker uses it: the name of the cache. */
  cache: 'dev.mayfly.cache',
  /** On a record of a cache: the worker that writes it. Absent: no worker does. */
  cacheHolder: 'dev.mayfly.cache_holder',
  /** On a record of a cache that is being removed: `true`. */
  cacheRemoval: 'dev.mayfly.cache_removal',
  /** On a record of a cache: its last use, in seconds since the epoch by the backend's clock. */
  cacheUsed: 'dev.mayfly.cache_used',
  /** On a record of a cache: seconds from its last use to its removal. */
  cacheKeep: 'dev.mayfly.cache_keep',
  /** On a record of a cache: the MB that it may have after its use. */
  cacheSize: 'dev.mayfly.cache_size',
  /** On a record of a cache: a random text of its writer, which tells two writers of one record apart. */
  cacheWriter: 'dev.mayfly.cache_writer',
  /** On objects that all workers of a cloud account share. Such an object belongs to no worker. */
  shared: 'dev.mayfly.shared',
  /** On the first object of a cloud worker: the name of its cluster. */
  cluster: 'dev.mayfly.cluster',
  /** On the same first object, one label for each container with its own pull secret: this prefix and the container's name. */
  pull: 'dev.mayfly.pull.',
  /** Fields of a request, for searching. */
  tags: 'dev.mayfly.tags',
  id: 'dev.mayfly.id',
  organization: 'dev.mayfly.organization',
  parent: 'dev.mayfly.parent',
} as const;

export type Labels = Record<string, string>;

/** Makes a text valid as a label's value on every backend. AWS tags allow the least: other characters become spaces, 256 are kept. */
export function portableText(text: string): string {
  return text.replace(/[^\p{L}\p{N}\s_.:/=+\-@]/gu, ' ').slice(0, 256);
}

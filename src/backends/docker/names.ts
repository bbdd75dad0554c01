import { type Facts, factsOf, type Offer } from '../../spec/offer.js';

/** Names of a worker's objects on Docker, shared by the stack that makes them and the backend that recognises them. */

/** Directory of the exec socket inside an engine's container. */
export const socketDirectory = '/run/mayfly';

/** Id of the volume for such a socket, if it is in no directory. No name in a spec has an underscore. */
export const execVolume = 'engine_exec';

/** Ids of the three volumes of a mount with `copy_on_write`: the overlay, its upper layer and its scratch space. */
export function overlayIds(container: string, index: number): { overlay: string; upper: string; work: string } {
  const overlay = `${container}_${index}`;
  return { overlay, upper: `${overlay}_upper`, work: `${overlay}_work` };
}

/** The container of one of these volumes; `null`: another volume. */
export function overlayOf(id: string): string | null {
  return /^([a-z][a-z0-9-]*)_\d+(?:_upper|_work)?$/.exec(id)?.[1] ?? null;
}

/** Name of a container or a volume. No worker's name has a dot, so `a-b` + `c` and `a` + `b-c` differ. */
export function objectName(worker: string, id: string): string {
  return `mayfly-${worker}.${id}`;
}

/** Id of a fresh container, which lives for one command. */
export function freshId(random: string): string {
  return `fresh_${random}`;
}

/** Whether a container is one of the spec's: mayfly's own helpers have an underscore in their ids. */
export function isOfSpec(id: string): boolean {
  return !id.includes('_');
}

/** The largest number of a lease. Each extension uses the next number. */
export const lastLease = 999_999;

export function leaseName(worker: string, number: number): string {
  return `mayfly-${worker}-lease-${number}`;
}

/** The number in a lease's name; `null` for other names. */
export function leaseNumber(worker: string, name: string): number | null {
  const number = Number(/-lease-([1-9]\d{0,5})$/.exec(name)?.[1]);
  return name === leaseName(worker, number) ? number : null;
}

/** The volume with the files of a cache. No worker's object has an underscore before its first dot. */
export function cacheVolume(cache: string): string {
  return `mayfly_cache.${cache}`;
}

/** The largest number of a record of a cache. Each use takes two. */
const lastRecord = 999_999_999;

export function recordName(cache: string, number: number): string {
  return `${cacheVolume(cache)}.${number}`;
}

/** The number in the name of a record; `null` for other names. */
export function recordNumber(cache: string, name: string): number | null {
  const number = Number(/\.([1-9]\d{0,8})$/.exec(name)?.[1]);
  return number <= lastRecord && name === recordName(cache, number) ? number : null;
}

/** The volume that says that a worker uses a cache. It has the worker's copy, if it has one. */
export function useName({ cache, worker }: { cache: string; worker: string }): string {
  return `mayfly-${worker}_cache.${cache}`;
}

/** The cache of which a volume has the files or a worker's copy, by its name; `null`: none. */
export function cacheOfVolume(name: string): string | null {
  return /^mayfly(?:-[a-z][a-z0-9-]*)?_cache\.([a-z][a-z0-9-]*)$/.exec(name)?.[1] ?? null;
}

export interface DockerFacts extends Facts {
  kind: 'docker';
  /** The daemon can limit the size of volumes and writable layers. */
  quota: boolean;
  /**
   * Place of the sockets through which engines run commands in their containers: a directory on the daemon's machine, with one
   * subdirectory for each worker; `volume` for a keeper inside the daemon; `null` where there is neither.
   */
  exec: string | 'volume' | null;
}

export function dockerFacts(offer: Pick<Offer, 'facts'>): DockerFacts {
  return factsOf<DockerFacts>(offer, 'docker');
}

/** The directory of a worker's own socket; `null` where the socket is in a volume, or there is none. */
export function execDirectory({ exec }: DockerFacts, worker: string): string | null {
  return exec === null || exec === 'volume' ? null : `${exec}/${worker}`;
}

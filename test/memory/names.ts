/** Constants that the backend and its stack share. */
export const containerType = 'memory_container';
export const volumeType = 'memory_volume';
export const leaseType = 'lease';
/** The files of a cache, a record of one, and a worker's use of one. */
export const cacheType = 'cache_files';
export const recordType = 'cache_record';
export const useType = 'cache';

/** The directory of a node that holds the sockets of its engines, one a worker. */
export const socketRoot = '/memory/run';

/** The name of a worker's object on the node. A worker's name has no slash, so two workers never share one. */
export function objectName(worker: string, id: string): string {
  return `${worker}/${id}`;
}

export function cacheUseName({ cache, worker }: { cache: string; worker: string }): string {
  return objectName(worker, `cache:${cache}`);
}

/** Names of a worker's objects on Docker. The stack that makes them and the backend that recognises them have them from here. */

/** Where an engine that runs commands in its containers finds its socket. */
export const socketDirectory = '/run/mayfly';

/** The id of the volume that holds such a socket where it is in no directory. An underscore is in no name of a spec. */
export const execVolume = 'engine_exec';

/** A container's or a volume's. The dot is in no worker's name, so `a-b` + `c` and `a` + `b-c` differ. */
export function objectName(worker: string, id: string): string {
  return `mayfly-${worker}.${id}`;
}

/** Numbers of leases have six digits at most: each extension takes the next. */
export const lastLease = 999_999;

export function leaseName(worker: string, number: number): string {
  return `mayfly-${worker}-lease-${number}`;
}

/** The number in the name of one of the worker's leases; `null`: the name is of something else. */
export function leaseNumber(worker: string, name: string): number | null {
  const number = Number(/-lease-([1-9]\d{0,5})$/.exec(name)?.[1]);
  return name === leaseName(worker, number) ? number : null;
}

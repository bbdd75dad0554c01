/** Names of a worker's objects on Docker, shared by the stack that makes them and the backend that recognises them. */

/** Directory of the exec socket inside an engine's container. */
export const socketDirectory = '/run/mayfly';

/** Id of the volume for such a socket, if it is in no directory. No name in a spec has an underscore. */
export const execVolume = 'engine_exec';

/** Name of a container or a volume. No worker's name has a dot, so `a-b` + `c` and `a` + `b-c` differ. */
export function objectName(worker: string, id: string): string {
  return `mayfly-${worker}.${id}`;
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

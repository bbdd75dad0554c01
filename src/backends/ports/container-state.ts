import type { ObjectStatus } from '../../state/container-report.js';

/** The status of a container. `done`: its spec has `once: true`, and it has ended with exit code 0. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'unhealthy' | 'exited' | 'done' | 'missing';

/** The state of one container at one look. */
export interface ContainerState {
  /** `engine`, or the container's name in the spec. */
  container: string;
  status: ContainerStatus;
  exitCode: number | null;
}

/** A container as a backend sees it. `unhealthy`: its healthcheck failed as many times in a row as it allows. */
export interface Look {
  status: ObjectStatus;
  exitCode: number | null;
  paused?: boolean;
  unhealthy?: boolean;
  once: boolean;
}

export function statusOf({ status, exitCode, paused = false, unhealthy = false, once }: Look): ContainerStatus {
  if (status === 'created') return 'created';
  if (status === 'exited') return once && exitCode === 0 ? 'done' : 'exited';
  if (paused) return 'paused';
  return unhealthy ? 'unhealthy' : 'running';
}

/** The statuses of a failed container in a worker that has been ready. */
const faulty: ReadonlySet<ContainerStatus> = new Set(['created', 'paused', 'unhealthy', 'exited', 'missing']);

export function isFaulty({ status }: ContainerState): boolean {
  return faulty.has(status);
}

/** For example `running` or `exited 137`. */
export function describeState({ status, exitCode }: Pick<ContainerState, 'status' | 'exitCode'>): string {
  return status === 'exited' && exitCode !== null ? `${status} ${exitCode}` : status;
}

/** Lists the failed containers of a worker, for example `db exited 137, cache paused`. */
export function describeFaults(containers: readonly ContainerState[]): string {
  const faults = containers.filter(isFaulty);
  return faults.map((one) => `${one.container} ${describeState(one)}`).join(', ');
}

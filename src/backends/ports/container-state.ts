import type { ObjectStatus } from '../../state/container-report.js';

/** How one container of a worker does. `done`: it was to end (`once: true`), and has ended with 0. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'unhealthy' | 'exited' | 'done' | 'missing';

/** One container at one look. */
export interface ContainerState {
  /** `engine`, or the container's name in the spec. */
  container: string;
  status: ContainerStatus;
  exitCode: number | null;
}

/** What a backend sees of a container. `unhealthy`: as many failures in a row as its healthcheck allows. */
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

/** Containers that do not do what their spec asks of them, in a worker that has been ready. The engine's end is its worker's. */
const faulty: ReadonlySet<ContainerStatus> = new Set(['created', 'paused', 'unhealthy', 'exited', 'missing']);

export function isFaulty({ status }: ContainerState): boolean {
  return faulty.has(status);
}

/** `running`, `exited 137`. */
export function describeState({ status, exitCode }: Pick<ContainerState, 'status' | 'exitCode'>): string {
  return status === 'exited' && exitCode !== null ? `${status} ${exitCode}` : status;
}

/** What is wrong with a worker's containers: `db exited 137, cache paused`. */
export function describeFaults(containers: readonly ContainerState[]): string {
  const faults = containers.filter(isFaulty);
  return faults.map((one) => `${one.container} ${describeState(one)}`).join(', ');
}

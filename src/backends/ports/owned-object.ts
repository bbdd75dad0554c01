import type { ObjectStatus } from '../../state/container-report.js';
import type { LeaseLabels, OwnLabels } from '../shared/own-labels.js';
import type { ContainerState } from './container-state.js';

export type { ObjectStatus } from '../../state/container-report.js';

/**
 * An object found by its labels; what a keeper needs to end a worker it has never heard of. Labels that do not parse, or do not agree
 * with the object's name, make no such object.
 */
export interface OwnedObject {
  id: string;
  /** The backend's name of it, for people. */
  name: string;
  /** Resource type (`docker_container`), or `lease`. */
  type: string;
  /** The address in its stack (`docker_container.engine`), from its label; empty for a lease. */
  address: string;
  worker: string;
  labels: OwnLabels;
  /** Of a lease alone. The one with the highest number counts. */
  lease?: LeaseLabels & { number: number };
  /** Milliseconds since the epoch, by the backend's clock. */
  createdAt: number;
  status: ObjectStatus;
  exitCode: number | null;
  /** The containers that it is or holds, where more is seen of them than `status`. */
  containers?: readonly ContainerState[];
}

import type { ObjectStatus } from '../../state/container-report.js';
import type { LeaseLabels, OwnLabels } from '../shared/own-labels.js';
import type { ContainerState } from './container-state.js';

export type { ObjectStatus } from '../../state/container-report.js';

/**
 * An object found by its labels. It has everything that a keeper needs to end a worker of another machine. An object whose labels do not
 * parse, or contradict its name, is left out.
 */
export interface OwnedObject {
  id: string;
  /** The backend's name of the object, for people. */
  name: string;
  /** Resource type (`docker_container`), or `lease`. */
  type: string;
  /** The address in its stack (`docker_container.engine`), from its label; empty for a lease and for remains. */
  address: string;
  worker: string;
  labels: OwnLabels;
  /** Only of a lease. The lease with the highest number counts. */
  lease?: LeaseLabels & { number: number };
  /** Only of an object that says that its worker uses a cache: the name of the cache. */
  cache?: string;
  /** Milliseconds since the epoch, by the backend's clock. */
  createdAt: number;
  status: ObjectStatus;
  exitCode: number | null;
  /** Its healthcheck has not passed yet. */
  starting?: true;
  /** The containers in the object, where the backend sees more of them than `status`. */
  containers?: readonly ContainerState[];
}

/** Resources that tasks use: millicores and MB. */
export interface TaskResources {
  cpu: number;
  memory: number;
}

/** A worker that takes tasks of a queue. */
export interface TaskWorker {
  /** Its name, which no other worker of the service has. */
  name: string;
  /** Each task must have ended by then, in milliseconds since the epoch by the service's clock. */
  takesUntil: number;
  /** Resources of each container, for all tasks in it together. */
  containers: ReadonlyMap<string, TaskResources>;
  /** Whether its node runs modules of WebAssembly; absent: it does not. */
  modules?: boolean;
}

/** Where a queue gets its workers from. */
export interface WorkerSource {
  /** The workers that take tasks of the queue now. */
  workersOf(queue: string): readonly TaskWorker[];
}

/** Finds processes that the kernel killed because their container used more memory than its limit, also where the container lives on. */
export interface MemoryKills {
  /**
   * Names of a worker's containers that lost a process between two times of our clock, in milliseconds since the epoch. A node may report a
   * kill a moment late, so `to` may be in the future.
   */
  between(worker: string, from: number, to: number): Promise<string[]>;
}

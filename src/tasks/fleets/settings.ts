/** Settings of all fleets. Times in milliseconds. */
export interface FleetSettings {
  /** The most workers of a fleet that are starting at once. */
  starting: number;
  /** Failed starts in a row after which no worker is started for `pause`. */
  failures: number;
  pause: number;
  /** From a failed start to the next one. */
  coolDown: number;
}

export const defaultFleetSettings: FleetSettings = { starting: 8, failures: 3, pause: 300_000, coolDown: 10_000 };

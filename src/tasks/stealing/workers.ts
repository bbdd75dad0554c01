/** How many workers do the tasks of a run: its own, the primary, and stealers. */
export interface Workers {
  /** The least and the most, with the primary. */
  min: number;
  max: number;
  /** The name of the fleet that lends stealers; `null`: they are made from the run's own spec. */
  aux: string | null;
}

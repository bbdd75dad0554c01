/** The label of runs that end with their client. Its value is `true`. */
export const heldLabel = 'mayfly.held';

/** Milliseconds between two bytes of a client that holds a run. */
export const holdPeriod = 5000;

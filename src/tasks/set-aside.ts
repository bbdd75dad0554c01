/** Deliveries that a worker has given back one after the other. */
export interface Standing {
  failures: number;
  /** Why it takes no tasks any more; `null`: it takes them. */
  reason: string | null;
}

export const goodStanding: Standing = { failures: 0, reason: null };

/** Quick failures in a row after which a worker takes no more tasks. */
const most = 3;

/** Milliseconds from the begin of a delivery in which its failure counts as quick. */
const quick = 10_000;

/** A delivery of the worker had a result. An exit code is one, also another than 0: the command has failed, not the worker. */
export function afterResult(standing: Standing): Standing {
  return standing.reason === null ? goodStanding : standing;
}

/** A delivery of the worker had no result. @param after milliseconds from the begin of the delivery */
export function afterFailure(standing: Standing, cause: string, after: number): Standing {
  if (standing.reason !== null || after > quick) return standing;
  const failures = standing.failures + 1;
  if (failures < most) return { failures, reason: null };
  return { failures, reason: `${failures} deliveries in a row failed within ${quick / 1000} s, the last one because ${cause}` };
}

/** Quick failures on a worker, one after the other. */
export interface Standing {
  /** Deliveries without a result. */
  failures: number;
  /** Commands that failed here, and have completed on other workers. */
  exits: number;
  /** Why it takes no tasks any more; `null`: it takes them. */
  reason: string | null;
}

export const goodStanding: Standing = { failures: 0, exits: 0, reason: null };

/** Deliveries without a result in a row after which a worker takes no more tasks. */
const most = 3;

/** The same for exit codes: more, because the input of a command may be the reason. */
const mostExits = 10;

/** Milliseconds from the begin of a delivery in which its failure counts as quick. */
const quick = 10_000;

/** A delivery of the worker had a result. An exit code other than 0 is one too: the command has failed, not the worker. */
export function afterResult(standing: Standing): Standing {
  return standing.reason === null ? goodStanding : standing;
}

/** A delivery of the worker had no result. @param after milliseconds from the begin of the delivery */
export function afterFailure(standing: Standing, cause: string, after: number): Standing {
  if (standing.reason !== null || after > quick) return standing;
  const failures = standing.failures + 1;
  if (failures < most) return { ...standing, failures };
  return {
    ...standing,
    failures,
    reason: `${failures} deliveries in a row failed within ${quick / 1000} s, the last one because ${cause}`,
  };
}

/** A command has failed on the worker, and has completed on another one. @param after milliseconds from the begin of the delivery */
export function afterExit(standing: Standing, code: number, after: number): Standing {
  if (standing.reason !== null || after > quick) return standing;
  const exits = standing.exits + 1;
  if (exits < mostExits) return { ...standing, failures: 0, exits };
  const cause = `${exits} commands in a row failed within ${quick / 1000} s, the last one with exit code ${code}, and completed on other workers`;
  return { ...standing, exits, reason: cause };
}

/** What a worker's objects are called; all follows from its name, so that each can be asked for without a list. */
export interface WorkerNames {
  /** Service, family of the task definition, security group and schedule group. */
  common: string;
  logGroup: string;
  secret: string;
  /** Begins the names of its pull secrets. */
  pullSecrets: string;
  /** By their addresses. */
  roles: Record<(typeof roleIds)[number], string>;
}

export const roleIds = ['end', 'execution', 'task'] as const;

/** The path of all our roles: IAM lists by it. */
export const rolePath = '/mayfly/';

/** The one name of the roles' own policies. */
export const rolePolicyName = 'mayfly';

export const commonPrefix = 'mayfly-';

/** Schedules in a worker's group, and their addresses in the stack. */
export const schedules = { end: 'aws_scheduler_schedule.end', 'end-again': 'aws_scheduler_schedule.end_again' } as const;

/** Seconds after the first that the second schedule tries it again. */
export const secondTry = 600;

export function namesOf(worker: string, region: string): WorkerNames {
  const common = `${commonPrefix}${worker}`;
  const role = (id: string) => `${common}-${region}-${id}`;
  return {
    common,
    logGroup: `/mayfly/${worker}`,
    secret: `mayfly/${worker}`,
    pullSecrets: `mayfly/${worker}/pull-`,
    roles: { end: role('end'), execution: role('execution'), task: role('task') },
  };
}

/** The worker that a role of ours in this region belongs to, by its name; `null`: another region's. */
export function workerOfRole(role: string, region: string): string | null {
  const id = roleIds.find((one) => role.endsWith(`-${region}-${one}`));
  return id && role.startsWith(commonPrefix) ? role.slice(commonPrefix.length, -`-${region}-${id}`.length) : null;
}

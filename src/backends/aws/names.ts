import { type Facts, factsOf, type Offer } from '../../spec/offer.js';
import type { HealthcheckSpec } from '../../spec/worker-spec.js';
export { portableText as tagValue } from '../../labels.js';

/**
 * Names of a worker's objects on AWS, used by the stack that creates them and the backend that finds them. All are made from the worker's
 * name, so that an object can be described without a list.
 */
export interface AwsNames {
  /** Service, family of the task definition, security group and schedule group. */
  common: string;
  logGroup: string;
  secret: string;
  /** The prefix of the names of the worker's pull secrets. */
  pullSecrets: string;
  /** Roles, by their ids in the stack. */
  roles: Record<RoleId, string>;
}

export const roleIds = ['end', 'execution', 'task'] as const;
export type RoleId = (typeof roleIds)[number];

/** The path of all our roles. IAM can list roles by path. */
export const rolePath = '/mayfly/';

/** The name of each role's inline policy. */
export const rolePolicyName = 'mayfly';

export const commonPrefix = 'mayfly-';

/** Schedules in a worker's group: ids in the stack, by name. */
export const schedules = { end: 'end', 'end-again': 'end_again' } as const;
export type ScheduleName = keyof typeof schedules;

/** Seconds between the first and the second schedule. */
export const secondTry = 600;

/** The prefix of log streams, which are named `w/<container>/<task>`. */
export const streamPrefix = 'w';

export function awsNames(worker: string, region: string): AwsNames {
  const common = `${commonPrefix}${worker}`;
  const role = (id: RoleId) => `${common}-${region}-${id}`;
  return {
    common,
    logGroup: `/mayfly/${worker}`,
    secret: `mayfly/${worker}`,
    pullSecrets: `mayfly/${worker}/pull-`,
    roles: { end: role('end'), execution: role('execution'), task: role('task') },
  };
}

/** Returns the worker's name in the name of a role; `null` for a role of another region. */
export function workerOfRole(role: string, region: string): string | null {
  const id = roleIds.find((one) => role.endsWith(`-${region}-${one}`));
  return id && role.startsWith(commonPrefix) ? role.slice(commonPrefix.length, -`-${region}-${id}`.length) : null;
}

/** The key of a container's variable in the worker's secret. */
export function secretKey(container: string, variable: string): string {
  return `${container}__${variable}`;
}

/** `2026-01-02T03:04:05`, UTC: as EventBridge Scheduler writes times. `at` in milliseconds since the epoch. */
export function wallTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19);
}

/** The ranges that ECS accepts in a healthcheck, in whole seconds: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const healthLimits = { interval: [5, 300], timeout: [2, 60], retries: [1, 10], start_period: [0, 300] } as const;

/** Returns the nearest healthcheck that ECS accepts. */
export function ecsHealth(check: HealthcheckSpec): HealthcheckSpec {
  const within = (key: keyof typeof healthLimits) => Math.min(Math.max(Math.ceil(check[key]), healthLimits[key][0]), healthLimits[key][1]);
  return {
    command: check.command,
    interval: within('interval'),
    timeout: within('timeout'),
    retries: within('retries'),
    start_period: within('start_period'),
  };
}

/** Place and size of a worker on AWS. */
export interface AwsFacts extends Facts {
  kind: 'aws';
  region: string;
  account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  /** ARN of the caller, for a tag. */
  owner: string;
  /** The cluster's name. */
  cluster: string;
  vpc: string;
  subnets: string[];
  /** Tasks in these subnets need a public address to reach the internet, as in a default VPC. */
  needsPublicAddress: boolean;
  /** `null`: no task is as large as the spec asks, and the offer refuses it. */
  shape: FargateShape | null;
}

/** A task size that Fargate offers. */
export interface FargateShape {
  /** CPU units: 1024 are one vCPU. */
  cpu: number;
  /** MiB. */
  memory: number;
  /** GiB of ephemeral storage; `null`: the default of 20. */
  storage: number | null;
}

export function awsFacts(offer: Pick<Offer, 'facts'>): AwsFacts {
  return factsOf<AwsFacts>(offer, 'aws');
}

import type { HealthcheckSpec } from './worker-spec.js';

/** What ECS takes of a healthcheck, in whole seconds: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const limits = { interval: [5, 300], timeout: [2, 60], retries: [1, 10], start_period: [0, 300] } as const;

/** The nearest healthcheck that ECS takes. */
export function ecsHealth(check: HealthcheckSpec): HealthcheckSpec {
  const within = (key: keyof typeof limits) => Math.min(Math.max(Math.ceil(check[key]), limits[key][0]), limits[key][1]);
  return {
    command: check.command,
    interval: within('interval'),
    timeout: within('timeout'),
    retries: within('retries'),
    start_period: within('start_period'),
  };
}

import { enginePort } from '../../spec/melodium.js';
import { engineName } from '../../spec/worker-spec.js';
import type { Readiness } from '../ports/readiness.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { statusOf } from '../ports/container-state.js';
import { isOnce } from '../shared/own-labels.js';
import { describeProbe, describeUnhealthy, type Seen, settle } from '../shared/settle.js';
import type { ReadinessSpec } from '../ports/readiness.js';
import type { ContainerInspect } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import type { HttpClient } from './http-client.js';
import { missingPort } from './listening.js';
import { exitCodeOf, objectStatusOf } from './own-objects.js';
import { inspectAll } from './report.js';

type Health = NonNullable<ContainerInspect['State']['Health']>;

/** Readiness by the rule of `settle`: all run, every healthcheck passes, and the engine listens on its port in its network namespace. */
export async function readiness(
  http: HttpClient,
  endpoint: Endpoint,
  containers: readonly OwnedObject[],
  spec: ReadinessSpec,
): Promise<Readiness> {
  const inspected = await inspectAll(http, containers);
  const seen = await Promise.all(inspected.map(({ name, inspect }) => see(http, name, inspect, spec)));
  const engine = inspected.find(({ name }) => name === engineName)?.inspect;
  const port = enginePort(spec);
  const engineSeen = seen.find(({ container }) => container === engineName);
  if (engine && engineSeen && port !== null && engineSeen.waits === null && engine.State.Running) {
    const others = inspected.map(({ inspect }) => inspect).filter((one) => one !== engine);
    engineSeen.waits = await missingPort(http, endpoint, engine, others, port);
    engineSeen.listed = false;
  }
  return settle(seen, spec);
}

async function see(http: HttpClient, container: string, inspect: ContainerInspect, spec: ReadinessSpec): Promise<Seen> {
  const { State: state, Config: config } = inspect;
  const health = await healthOf(http, inspect);
  const once = isOnce(config.Labels);
  // Podman counts each of our own checks as a failure, regardless of the interval.
  const unhealthy = health?.Status === 'unhealthy' && !http.podman;
  const exitCode = exitCodeOf(state);
  const status = statusOf({ status: objectStatusOf(state.Status), exitCode, paused: state.Status === 'paused', unhealthy, once });
  const checkOfImage = (config.Healthcheck?.Test ?? []).length > 0 && !hasCheck(container, spec);
  const probe = health?.Log?.at(-1);
  const last = probe ? describeProbe(probe.ExitCode < 0 ? null : probe.ExitCode, probe.Output) : null;
  return {
    container,
    status,
    exitCode,
    endedAt: status === 'exited' ? Date.parse(state.FinishedAt) : null,
    because: status === 'unhealthy' ? describeUnhealthy(health?.FailingStreak ?? 1, last, checkOfImage) : endOf(state, status),
    waits: waitOf(status, once, health, checkOfImage, last),
    // Podman's list does not show it, and a check runs only when it is asked for.
    listed: !http.podman,
    checkOfImage,
  };
}

function waitOf(status: Seen['status'], once: boolean, health: Health | null, ofImage: boolean, last: string | null): string | null {
  if (status === 'created') return 'start';
  if (status !== 'running') return null;
  if (once) return 'its end';
  if (isHealthy(health?.Status)) return null;
  return `${ofImage ? "its image's healthcheck" : 'healthcheck'}${last === null ? '' : ` (${last})`}`;
}

function hasCheck(container: string, { engine, containers = [], service_containers = [] }: ReadinessSpec): boolean {
  if (container === engineName) return (engine?.healthcheck ?? null) !== null;
  return [...containers, ...service_containers].some(({ name, healthcheck }) => name === container && healthcheck !== null);
}

/** An empty status and `none` mean that the container has no healthcheck. */
function isHealthy(status: string | undefined): boolean {
  return status === undefined || status === '' || status === 'none' || status === 'healthy';
}

/** The health of a container. Podman leaves checks to systemd timers, which may be missing, so here a check is run for Podman. */
async function healthOf(http: HttpClient, { Id, State: { Health } }: ContainerInspect): Promise<Health | null> {
  if (!http.podman || isHealthy(Health?.Status)) return Health ?? null;
  return http.json<Health>('GET', `/libpod/containers/${Id}/healthcheck`);
}

function endOf(state: ContainerInspect['State'], status: Seen['status']): string | null {
  if (status !== 'exited') return null;
  if (state.OOMKilled) return `was killed because it used more memory than its limit (exit code ${state.ExitCode})`;
  return state.Error ? `did not start: ${state.Error}` : null;
}

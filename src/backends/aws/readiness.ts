import type { Container, ContainerDefinition, Service, Task } from '@aws-sdk/client-ecs';
import { enginePort } from '../../spec/melodium.js';
import { engineName } from '../../spec/worker-spec.js';
import type { Readiness } from '../ports/readiness.js';
import { statusOf } from '../ports/container-state.js';
import { describeUnhealthy, isOnceIn, type Seen, settle } from '../shared/settle.js';
import type { ReadinessSpec } from '../ports/readiness.js';
import type { Aws } from './clients.js';
import { findDefinition } from './resources/task-definition.js';
import { poll, settlingPauses } from './patience.js';
import { serviceOf } from './service-of.js';
import { containerOf, tasksOf } from './tasks.js';

/** Phases of a task, in words for people. */
const phases: Record<string, string> = { PROVISIONING: 'network interface', PENDING: 'image pull', ACTIVATING: 'start' };

/** Readiness by the rule of `settle`, when a task of the service runs. */
export async function readiness(
  aws: Aws,
  worker: string,
  spec: ReadinessSpec,
  definitions: Map<string, Promise<ContainerDefinition[]>>,
): Promise<Readiness> {
  // AWS may not report a new service yet.
  const service = await poll(aws.clock, settlingPauses.slice(0, 4), () => serviceOf(aws, worker));
  if (service?.status !== 'ACTIVE') return settle([], spec);
  const tasks = await tasksOf(aws, service);
  const lost = hopeless(service, tasks);
  if (lost?.stopCode === 'EssentialContainerExited' && isDone(lost, spec)) return { ready: true, waiting: [], failed: null };
  if (lost) return failed(...reasonOf(lost));
  if (gaveUp(service)) return failed(engineName, `did not start: ${trouble(service) ?? 'AWS has given up, and gives no reason'}`);
  const [task] = tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  if (!task) return waitsFor(trouble(service) ?? 'a place on Fargate');
  const definition = await definitionOf(aws, service.taskDefinition!, definitions);
  const seen = definition.map((one) => see(one, containerOf(task, one.name!), spec));
  const started = settle(seen, spec);
  if (started.failed || task.lastStatus === 'RUNNING') return started;
  return waitsFor(phases[task.lastStatus ?? ''] ?? 'start');
}

function waitsFor(what: string): Readiness {
  return { ready: false, waiting: [{ container: engineName, for: what }], failed: null };
}

/** Whether the engine has no port and has ended with 0. */
function isDone(task: Task, spec: ReadinessSpec): boolean {
  return enginePort(spec) === null && containerOf(task, engineName)?.exitCode === 0;
}

/** ECS reports UNHEALTHY when a check has used up its retries. If the spec has no check for the engine, ours only checks the port. */
function see({ name = '', healthCheck }: ContainerDefinition, container: Container | undefined, spec: ReadinessSpec): Seen {
  const once = isOnceIn(spec, name);
  const exitCode = container?.exitCode ?? null;
  const ofSpec = name !== engineName || (spec.engine?.healthcheck ?? null) !== null;
  const unhealthy = ofSpec && container?.healthStatus === 'UNHEALTHY';
  const status = statusOf({ status: exitCode === null ? 'running' : 'exited', exitCode, unhealthy, once });
  const unchecked = healthCheck && container?.healthStatus !== 'HEALTHY' ? 'healthcheck' : null;
  return {
    container: name,
    status,
    exitCode,
    endedAt: null,
    because: status === 'unhealthy' ? `${describeUnhealthy(healthCheck?.retries ?? 1, null)}; ECS keeps no output of it` : null,
    waits: status !== 'running' ? null : once ? 'its end' : unchecked,
  };
}

/** The task whose failure another attempt would not repair. A first start can also fail for passing reasons: a new role, network, capacity. */
function hopeless({ desiredCount }: Service, tasks: readonly Task[]): Task | undefined {
  const unstarted = tasks.filter(({ stopCode }) => stopCode === 'TaskFailedToStart');
  const isFinal = (task: Task) => /not found|manifest|does not exist|denied|unauthorized|invalid reference/i.test(detailsOf(task));
  const ended = tasks.find(({ stopCode }) => stopCode === 'EssentialContainerExited');
  return ended ?? unstarted.find(isFinal) ?? (unstarted.length > 1 || desiredCount === 0 ? unstarted[0] : undefined);
}

/** Whether the circuit breaker has given up the deployment. */
function gaveUp({ deployments = [] }: Service): boolean {
  return deployments.some(({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'FAILED');
}

/** The containers of a revision. A revision never changes, so it is read only once. */
async function definitionOf(aws: Aws, arn: string, known: Map<string, Promise<ContainerDefinition[]>>): Promise<ContainerDefinition[]> {
  const asked = known.get(arn) ?? findDefinition(aws, arn).then((found) => found?.definition.containerDefinitions ?? []);
  known.set(arn, asked);
  asked.catch(() => known.delete(arn));
  return asked;
}

/** AWS's last message about a service without a task: no capacity, an unusable role. */
function trouble({ events = [], createdAt }: Service): string | null {
  const since = createdAt?.getTime() ?? 0;
  const recent = events.filter(
    (event) => (event.createdAt?.getTime() ?? 0) >= since && /unable|capacity|failed/i.test(event.message ?? ''),
  );
  // The circuit breaker's own message is the last one, and gives no reason.
  const event = recent.find(({ message = '' }) => !/deployment failed/i.test(message)) ?? recent[0];
  return event?.message?.replace(/^\(service [^)]*\) */, '').replace(/\.$/, '') ?? null;
}

/** The container that caused a task's end, and the reason: a container that did not start, or ended; the engine before others. */
function reasonOf(task: Task): [container: string, reason: string] {
  const containers = task.containers ?? [];
  const culprit =
    containers.find(({ reason }) => reason) ?? containers.find(({ name, exitCode }) => name === engineName && exitCode !== undefined);
  const name = culprit?.name ?? engineName;
  if (task.stopCode === 'TaskFailedToStart') return [name, `did not start: ${detailsOf(task) || 'AWS gives no reason'}`];
  return [name, `ended with exit code ${culprit?.exitCode ?? 'unknown'}${culprit?.reason ? `: ${culprit.reason}` : ''}`];
}

function detailsOf({ containers = [], stoppedReason }: Task): string {
  const reasons = [containers.find(({ reason }) => reason)?.reason, stoppedReason];
  return reasons.filter((text, index, all) => text && all.indexOf(text) === index).join('; ');
}

function failed(container: string, reason: string): Readiness {
  return { ready: false, waiting: [], failed: { container, reason, remedy: 'see its last lines, correct the spec and apply again' } };
}

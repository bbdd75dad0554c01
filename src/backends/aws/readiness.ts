import type { ContainerDefinition, Service, Task } from '@aws-sdk/client-ecs';
import { engineName } from '../../spec/worker-spec.js';
import type { Readiness } from '../backend.js';
import type { Aws } from './clients.js';
import { findDefinition } from './resources/task-definition.js';
import { poll, settlingPauses } from './patience.js';
import { serviceOf } from './service-of.js';
import { containerOf, tasksOf } from './tasks.js';

/** What a task is at, in words for people. */
const phases: Record<string, string> = { PROVISIONING: 'network interface', PENDING: 'image pull', ACTIVATING: 'start' };

/** Ready: a task of the service runs, and every container that has a check is healthy. */
export async function readiness(aws: Aws, worker: string, definitions: Map<string, Promise<ContainerDefinition[]>>): Promise<Readiness> {
  // One that was just made may not be told yet.
  const service = await poll(aws.clock, settlingPauses.slice(0, 4), () => serviceOf(aws, worker));
  if (service?.status !== 'ACTIVE') return failed(engineName, 'is gone: something else removed it');
  const tasks = await tasksOf(aws, service);
  const over = hopeless(service, tasks);
  if (over) return reasonOf(over);
  if (gaveUp(service)) return failed(engineName, `did not start: ${trouble(service) ?? 'AWS has given up, and gives no reason'}`);
  const [task] = tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
  if (!task) return { ready: false, waiting: [`${engineName}: ${trouble(service) ?? 'a place on Fargate'}`], failed: null };
  if (task.lastStatus !== 'RUNNING') {
    return { ready: false, waiting: [`${engineName}: ${phases[task.lastStatus ?? ''] ?? 'start'}`], failed: null };
  }
  const checked = await checkedContainers(aws, service.taskDefinition!, definitions);
  const waiting = checked.filter((name) => containerOf(task, name)?.healthStatus !== 'HEALTHY').map((name) => `${name}: healthcheck`);
  return { ready: waiting.length === 0, waiting, failed: null };
}

/** What another try would not mend. The first start fails for what passes, too: a role that is not known everywhere, a network, capacity. */
function hopeless({ desiredCount }: Service, tasks: readonly Task[]): Task | undefined {
  const unstarted = tasks.filter(({ stopCode }) => stopCode === 'TaskFailedToStart');
  const isFinal = (task: Task) => /not found|manifest|does not exist|denied|unauthorized|invalid reference/i.test(detailsOf(task));
  const ended = tasks.find(({ stopCode }) => stopCode === 'EssentialContainerExited');
  return ended ?? unstarted.find(isFinal) ?? (unstarted.length > 1 || desiredCount === 0 ? unstarted[0] : undefined);
}

/** The circuit breaker's word. */
function gaveUp({ deployments = [] }: Service): boolean {
  return deployments.some(({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'FAILED');
}

/** A revision never changes, so it is asked for once. */
async function checkedContainers(aws: Aws, arn: string, known: Map<string, Promise<ContainerDefinition[]>>): Promise<string[]> {
  const asked = known.get(arn) ?? findDefinition(aws, arn).then((found) => found?.definition.containerDefinitions ?? []);
  known.set(arn, asked);
  asked.catch(() => known.delete(arn));
  return (await asked).filter(({ healthCheck }) => healthCheck).map(({ name }) => name!);
}

/** What AWS last said of a service that gets no task: no capacity, a role it can't use. */
function trouble({ events = [], createdAt }: Service): string | null {
  const since = createdAt?.getTime() ?? 0;
  const recent = events.filter(
    (event) => (event.createdAt?.getTime() ?? 0) >= since && /unable|capacity|failed/i.test(event.message ?? ''),
  );
  // The circuit breaker's own word comes last, and does not say why.
  const told = recent.find(({ message = '' }) => !/deployment failed/i.test(message)) ?? recent[0];
  return told?.message?.replace(/^\(service [^)]*\) */, '').replace(/\.$/, '') ?? null;
}

/** The container that explains it: one that would not start, or ended, the engine before others. */
function reasonOf(task: Task): Readiness {
  const containers = task.containers ?? [];
  const culprit =
    containers.find(({ reason }) => reason) ?? containers.find(({ name, exitCode }) => name === engineName && exitCode !== undefined);
  const name = culprit?.name ?? engineName;
  if (task.stopCode === 'TaskFailedToStart') return failed(name, `did not start: ${detailsOf(task) || 'AWS gives no reason'}`);
  return failed(name, `ended with exit code ${culprit?.exitCode ?? 'unknown'}${culprit?.reason ? `: ${culprit.reason}` : ''}`);
}

function detailsOf({ containers = [], stoppedReason }: Task): string {
  const said = [containers.find(({ reason }) => reason)?.reason, stoppedReason];
  return said.filter((text, index, all) => text && all.indexOf(text) === index).join('; ');
}

function failed(container: string, reason: string): Readiness {
  return { ready: false, waiting: [], failed: { container, reason } };
}

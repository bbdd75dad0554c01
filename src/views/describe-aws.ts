import type { Plan } from '../plan/plan.js';
import { enginePort } from '../spec/melodium.js';
import { millicoresOf } from '../spec/units.js';
import { count, cpus, megabytes } from './format.js';

/** What each resource of a worker on AWS is there for, by its address. */
const purposes: Record<string, string | ((plan: Plan) => string)> = {
  'aws_scheduler_schedule_group.lease': 'says when it ends',
  'aws_scheduler_schedule.end': 'deletes the service when its time is up',
  'aws_scheduler_schedule.end_again': 'and tries that again ten minutes later',
  'aws_iam_role.end': 'what the schedules act as',
  'aws_iam_role_policy.end': 'they may delete this service, and nothing else',
  'aws_iam_role.execution': 'what starts the task',
  'aws_iam_role_policy.execution': 'it may pull images, read the secrets below and write logs',
  'aws_iam_role.task': 'what the containers act as: they may do nothing',
  'aws_cloudwatch_log_group.logs': 'logs of all containers',
  'aws_secretsmanager_secret.secrets': 'keys, and env that came from the environment',
  'aws_secretsmanager_secret_version.secrets': 'their values, in no plan and no state',
  'aws_security_group.network': ({ spec }) => whoComesIn(enginePort(spec), spec.access.cidrs),
  'aws_ecs_task_definition.task': taskSize,
};

/** `undefined` for the engine's service, which is described as any engine is. */
export function describeAws(type: string, name: string, plan: Plan): string | undefined {
  const purpose = purposes[`${type}.${name}`];
  if (typeof purpose === 'function') return purpose(plan);
  if (purpose === undefined && name.startsWith('pull_')) return `credentials for the image of ${name.slice('pull_'.length)}`;
  return purpose;
}

function whoComesIn(port: number | null, cidrs: readonly string[]): string {
  return port === null || cidrs.length === 0 ? 'nobody comes in' : `port ${port} from ${cidrs.join(', ')}`;
}

function taskSize({ spec, offer }: Plan): string {
  const shape = offer.facts.aws?.shape;
  const containers = count(1 + spec.containers.length + spec.service_containers.length, 'container');
  if (!shape) return containers;
  return `${cpus(millicoresOf(shape.cpu))} · ${megabytes(shape.memory)}${shape.storage === null ? '' : ` · ${shape.storage} GB of disk`} · ${containers}`;
}

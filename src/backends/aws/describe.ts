import type { Plan } from '../../plan/plan.js';
import { enginePort } from '../../spec/melodium.js';
import { cpus, megabytes, millicoresOf } from '../../spec/units.js';
import type { Describe } from '../ports/describe.js';
import { sharedCluster, sharedTag } from './place.js';
import { type AwsFacts, awsFacts } from './names.js';

export const describeAws: Describe = {
  resource({ type, name }, plan) {
    const purpose = purposes[`${type}.${name}`];
    if (typeof purpose === 'function') return purpose(plan);
    if (purpose === undefined && name.startsWith('pull_')) return `credentials for the image of ${name.slice('pull_'.length)}`;
    return purpose ?? null;
  },
  melodium: ({ melodium }) => melodium?.image ?? null,
  limitsVolume: () => false,
  terraform: {
    option: ' --backend aws',
    outside: (offer) => `
It needs Terraform 1.11 or later: secrets are write-only. ${cluster(awsFacts(offer))}
\`ends_at\` and \`ends_again_at\` in \`terraform.tfvars.json\` are when its schedules delete the service, counted from when this was written:
run \`mayfly synth\` again when you apply later, keys stay as they are. They delete the service alone; \`mayfly gc --backend aws\` removes the
rest. With \`aws_region\` in the settings, mayfly's commands look at AWS without being told to.
`,
    added: `- **Its address.** AWS tells it once the task runs, and mayfly writes it into \`access\` when the worker is ready. Until then \`access.addresses\`
  is empty; by hand, put it into \`address\` in \`terraform.tfvars.json\` and run \`terraform apply\` again.
`,
  },
};

type Planned = Pick<Plan, 'spec' | 'offer'>;

/** The purpose of each resource, by its address. The engine's service is missing: the spec describes it. */
const purposes: Record<string, string | ((plan: Planned) => string)> = {
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

function whoComesIn(port: number | null, cidrs: readonly string[]): string {
  return port === null || cidrs.length === 0 ? 'nobody comes in' : `port ${port} from ${cidrs.join(', ')}`;
}

function taskSize({ spec, offer }: Planned): string {
  const shape = awsFacts(offer).shape;
  const number = 1 + spec.containers.length + spec.service_containers.length;
  const containers = `${number} container${number === 1 ? '' : 's'}`;
  if (!shape) return containers;
  return `${cpus(millicoresOf(shape.cpu))} · ${megabytes(shape.memory)}${shape.storage === null ? '' : ` · ${shape.storage} GB of disk`} · ${containers}`;
}

function cluster({ cluster, region }: AwsFacts): string {
  if (cluster !== sharedCluster) return `The ECS cluster \`${cluster}\` is in no stack and has to be there.\n`;
  const tags = Object.entries(sharedTag).map(([key, value]) => `key=${key},value=${value}`);
  return `The cluster \`${cluster}\` is shared and in no stack. mayfly
makes it when it is missing, with a tag by which \`mayfly gc --backend aws\` removes it when no worker is left; by hand:

    aws ecs create-cluster --region ${region} --cluster-name ${cluster} --tags ${tags}
`;
}

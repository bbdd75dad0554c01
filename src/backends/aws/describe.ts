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
\`ends_at\` and \`ends_again_at\` in \`terraform.tfvars.json\` are the times at which its schedules delete the service, counted from the time
of this synth: if you apply later, run \`mayfly synth\` again; the keys stay. The schedules delete only the service; \`mayfly gc --backend aws\`
removes the rest. With \`aws_region\` in the settings, mayfly's commands always look at AWS.
`,
    added: `- **Its address.** AWS assigns it when the task starts, and mayfly writes it into \`access\` when the worker is ready. Until then,
  \`access.addresses\` is empty. By hand: put it into \`address\` in \`terraform.tfvars.json\` and run \`terraform apply\` again.
`,
  },
};

type Planned = Pick<Plan, 'spec' | 'offer'>;

/** The purpose of each resource, by its address. The engine's service is missing: the spec describes it. */
const purposes: Record<string, string | ((plan: Planned) => string)> = {
  'aws_scheduler_schedule_group.lease': 'the lease: when the worker ends',
  'aws_scheduler_schedule.end': 'deletes the service when its time is up',
  'aws_scheduler_schedule.end_again': 'tries the same again ten minutes later',
  'aws_iam_role.end': 'role of the schedules',
  'aws_iam_role_policy.end': 'allows them to delete this service only',
  'aws_iam_role.execution': 'role that starts the task',
  'aws_iam_role_policy.execution': 'allows it to pull images, read the secrets below and write logs',
  'aws_iam_role.task': 'role of the containers, without permissions',
  'aws_cloudwatch_log_group.logs': 'logs of all containers',
  'aws_secretsmanager_secret.secrets': 'keys, and env that came from the environment',
  'aws_secretsmanager_secret_version.secrets': 'their values, in no plan and no state',
  'aws_security_group.network': ({ spec }) => inboundRules(enginePort(spec), spec.access.cidrs),
  'aws_ecs_task_definition.task': taskSize,
};

function inboundRules(port: number | null, cidrs: readonly string[]): string {
  return port === null || cidrs.length === 0 ? 'no inbound traffic' : `port ${port} from ${cidrs.join(', ')}`;
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

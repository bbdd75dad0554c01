import type { ContainerDefinition, RegisterTaskDefinitionCommandInput, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Labels } from '../../../labels.js';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import { sortedSet } from '../../../plan/values.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, says } from '../errors.js';
import { ecsTags, labelsFrom } from '../tags.js';
import { block, complete, optionalText, setOf, tagAttributes, text, wantedTags } from './attributes.js';
import { assertOurs } from '../../shared/ownership.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';

const schema = schemas.taskDefinition;

export interface FoundDefinition {
  definition: TaskDefinition;
  labels: Labels;
}

/** Finds a revision, or the newest active revision of a family; `null` if there is none. */
export async function findDefinition(aws: Aws, id: string, signal?: AbortSignal): Promise<FoundDefinition | null> {
  return ifThere(async () => {
    const { taskDefinition, tags } = await aws.ecs.describeTaskDefinition({ taskDefinition: id, include: ['TAGS'] }, signal);
    return taskDefinition ? { definition: taskDefinition, labels: labelsFrom(tags) } : null;
  }, 'ClientException');
}

/** Deregisters a revision, then deletes it. AWS removes it when nothing refers to it any more. */
export async function removeDefinition(aws: Aws, id: string, signal?: AbortSignal): Promise<void> {
  const revision = id.split('/').at(-1)!;
  await ifThere(() => aws.ecs.deregisterTaskDefinition({ taskDefinition: revision }, signal), 'ClientException');
  await ifThere(() => aws.ecs.deleteTaskDefinitions({ taskDefinitions: [revision] }, signal), 'ClientException');
}

/** Whether ECS does not find a new role yet (IAM is eventually consistent). */
const roleUnknown = (error: unknown) =>
  says(error, 'ClientException', /role (is not valid|.*(exist|assum))/i) || says(error, 'AccessDeniedException', /iam:PassRole/);

export function taskDefinitionDriver(aws: Aws): Driver {
  const actual = ({ definition, labels }: FoundDefinition, known: Attributes): Actual => ({
    id: definition.family!,
    attributes: complete(schema, known, { ...said(definition), region: aws.place.region, ...tagAttributes(labels) }),
    labels,
  });
  const active = (found: FoundDefinition | null) => (found?.definition.status === 'ACTIVE' ? found : null);
  const read = async (id: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const found = active(await findDefinition(aws, text(known['arn']) || id, signal)) ?? active(await findDefinition(aws, id, signal));
    return found && actual(found, known);
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const family = text(wanted['family']);
      const tags = wantedTags(wanted);
      // ECS adds a revision to any family, so check first that the family is ours.
      const there = active(await findDefinition(aws, family, signal));
      if (there) {
        assertOurs('task definition', family, tags, there.labels);
        const made = actual(there, wanted);
        if (isAsWanted(made.attributes, wanted)) return made;
      }
      const register = () => aws.ecs.registerTaskDefinition({ ...request(wanted), tags: ecsTags(tags) }, signal);
      const { taskDefinition } = await aws.settle(roleUnknown, register, signal);
      return actual({ definition: taskDefinition!, labels: tags }, wanted);
    },
    async update(id, wanted, _changes, { signal }) {
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    async delete(id, known, { signal }) {
      const revision = text(known['arn']) || (await findDefinition(aws, id, signal))?.definition.taskDefinitionArn;
      if (revision) await removeDefinition(aws, revision, signal);
    },
  };
}

/** Whether all attributes that would need a new revision are as configured. */
function isAsWanted(made: Attributes, wanted: Attributes): boolean {
  const deciding = Object.entries(schema.attributes).filter(([key, { replaces }]) => replaces && wanted[key] != null);
  return deciding.every(([key]) => JSON.stringify(made[key]) === JSON.stringify(wanted[key]));
}

function request(wanted: Attributes): RegisterTaskDefinitionCommandInput {
  const platform = block(wanted['runtime_platform']);
  const storage = block(wanted['ephemeral_storage']);
  const volumes = (wanted['volume'] ?? []) as { name: string }[];
  return {
    family: text(wanted['family']),
    containerDefinitions: JSON.parse(text(wanted['container_definitions'])) as ContainerDefinition[],
    cpu: optionalText(wanted['cpu']),
    memory: optionalText(wanted['memory']),
    networkMode: optionalText(wanted['network_mode']) as RegisterTaskDefinitionCommandInput['networkMode'],
    requiresCompatibilities: (wanted['requires_compatibilities'] ?? []) as RegisterTaskDefinitionCommandInput['requiresCompatibilities'],
    executionRoleArn: optionalText(wanted['execution_role_arn']),
    taskRoleArn: optionalText(wanted['task_role_arn']),
    volumes: volumes.map(({ name }) => ({ name })),
    ...(storage && { ephemeralStorage: { sizeInGiB: Number(storage['size_in_gib']) } }),
    ...(platform && {
      runtimePlatform: {
        cpuArchitecture: text(platform['cpu_architecture']) as 'X86_64' | 'ARM64',
        operatingSystemFamily: text(platform['operating_system_family']) as 'LINUX',
      },
    }),
  };
}

function said(definition: TaskDefinition): Attributes {
  const { taskDefinitionArn: arn = '', runtimePlatform: platform, ephemeralStorage: storage } = definition;
  const volumes = (definition.volumes ?? []).map(({ name = '', host, configuredAtLaunch }): Value => ({
    configure_at_launch: configuredAtLaunch ?? false,
    docker_volume_configuration: [],
    efs_volume_configuration: [],
    fsx_windows_file_server_volume_configuration: [],
    host_path: host?.sourcePath ?? '',
    name,
    s3files_volume_configuration: [],
  }));
  return {
    id: definition.family ?? null,
    arn,
    arn_without_revision: arn.replace(/:\d+$/, ''),
    container_definitions: JSON.stringify(definition.containerDefinitions ?? []),
    cpu: definition.cpu ?? null,
    enable_fault_injection: definition.enableFaultInjection ?? false,
    ephemeral_storage: storage ? [{ size_in_gib: storage.sizeInGiB ?? 0 }] : [],
    execution_role_arn: definition.executionRoleArn ?? '',
    family: definition.family ?? null,
    ipc_mode: definition.ipcMode ?? '',
    memory: definition.memory ?? null,
    network_mode: definition.networkMode ?? null,
    pid_mode: definition.pidMode ?? '',
    requires_compatibilities: setOf(definition.requiresCompatibilities),
    revision: definition.revision ?? null,
    runtime_platform: platform
      ? [{ cpu_architecture: platform.cpuArchitecture ?? '', operating_system_family: platform.operatingSystemFamily ?? '' }]
      : [],
    task_role_arn: definition.taskRoleArn ?? '',
    volume: sortedSet(volumes),
  };
}

import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { type Labels, labelKeys } from '../../labels.js';
import type { ObjectStatus } from '../ports/owned-object.js';
import type { ContainerState } from '../ports/container-state.js';
import type { Aws } from './clients.js';
import { ifThere } from './errors.js';
import { isName } from '../../spec/names.js';
import { awsNames, roleIds, schedules } from './names.js';
import { pages } from './pages.js';
import { findLogGroup } from './resources/log-group.js';
import { findRole } from './resources/role.js';
import { findGroup, type FoundGroup } from './resources/schedule-group.js';
import { currentVersion } from './resources/secret-version.js';
import { findSecret } from './resources/secret.js';
import { findService } from './resources/service.js';
import { findDefinition } from './resources/task-definition.js';
import { labelsFrom } from './tags.js';
import { containersIn, engineStatus, tasksOf } from './tasks.js';

const scheduleType = 'aws_scheduler_schedule';

/** One object as its AWS service reports it. */
export interface Part {
  type: string;
  id: string;
  /** Name for people, if it differs from the id. */
  name?: string;
  labels: Labels;
  /** Address of an object without tags of its own: it has the labels of its parent. Default: from its labels. */
  address?: string;
  createdAt?: Date | undefined;
  status?: ObjectStatus;
  exitCode?: number | null;
  containers?: readonly ContainerState[];
}

/** The worker to find, and its schedule group, whose tags name other objects. */
interface Sought {
  worker: string;
  /** `null`: the group does not exist (yet, or any more). */
  group: FoundGroup | null;
}

type Finder = (aws: Aws, sought: Sought, signal?: AbortSignal) => Promise<Part[]>;

/** Finders of a worker's possible objects. Their labels decide whether they are the worker's. */
const finders: readonly Finder[] = [scheduleGroup, roles, logGroup, secret, pullSecrets, securityGroups, taskDefinitions, service];

/** All objects that may be the worker's. */
export async function partsOf(aws: Aws, worker: string, signal?: AbortSignal): Promise<Part[]> {
  const group = await findGroup(aws, awsNames(worker, aws.place.region).common, signal);
  return (await Promise.all(finders.map((find) => find(aws, { worker, group }, signal)))).flat();
}

async function scheduleGroup(aws: Aws, { worker, group }: Sought, signal?: AbortSignal): Promise<Part[]> {
  if (!group) return [];
  const { common } = awsNames(worker, aws.place.region);
  const { labels, CreationDate: createdAt } = group;
  return [
    { type: 'aws_scheduler_schedule_group', id: common, labels, createdAt },
    ...(await schedulesIn(aws, common, signal)).flatMap((name): Part[] => {
      const id = Object.entries(schedules).find(([known]) => known === name)?.[1];
      return id ? [{ type: scheduleType, id: `${common}/${name}`, labels, address: `${scheduleType}.${id}`, createdAt }] : [];
    }),
  ];
}

async function schedulesIn(aws: Aws, group: string, signal?: AbortSignal): Promise<string[]> {
  const found = await ifThere(() => aws.scheduler.listSchedules({ GroupName: group }, signal), 'ResourceNotFoundException');
  return (found?.Schedules ?? []).map(({ Name = '' }) => Name);
}

async function roles(aws: Aws, { worker }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const names = awsNames(worker, aws.place.region).roles;
  const found = await Promise.all(
    roleIds.map(async (id): Promise<Part[]> => {
      const [role, policies] = await Promise.all([findRole(aws, names[id], signal), policiesOf(aws, names[id], signal)]);
      if (!role) return [];
      const [labels, createdAt] = [labelsFrom(role.Tags), role.CreateDate];
      const own = { type: 'aws_iam_role', id: names[id], labels, createdAt };
      const address = `aws_iam_role_policy.${id}`;
      return [own, ...policies.map((name) => ({ type: 'aws_iam_role_policy', id: `${names[id]}:${name}`, labels, address, createdAt }))];
    }),
  );
  return found.flat();
}

async function policiesOf(aws: Aws, role: string, signal?: AbortSignal): Promise<string[]> {
  const found = await ifThere(() => aws.iam.listRolePolicies({ RoleName: role }, signal), 'NoSuchEntityException');
  return found?.PolicyNames ?? [];
}

async function logGroup(aws: Aws, { worker }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const name = awsNames(worker, aws.place.region).logGroup;
  const found = await findLogGroup(aws, name, signal);
  if (!found) return [];
  const createdAt = found.creationTime === undefined ? undefined : new Date(found.creationTime);
  return [{ type: 'aws_cloudwatch_log_group', id: name, labels: found.labels, createdAt }];
}

async function secret(aws: Aws, { worker }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const found = await findSecret(aws, awsNames(worker, aws.place.region).secret, signal);
  return found ? secretParts(found) : [];
}

/** Names come from the group's tags and ListSecrets. ListSecrets lags by minutes, so each name is then described. */
async function pullSecrets(aws: Aws, { worker, group }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const prefix = awsNames(worker, aws.place.region).pullSecrets;
  const Filters = [{ Key: 'name' as const, Values: [prefix] }];
  const listed = await pages(async (NextToken) => {
    const page = await aws.secrets.listSecrets({ Filters, NextToken }, signal);
    return { items: page.SecretList ?? [], next: page.NextToken };
  });
  const tagged = Object.keys(group?.labels ?? {}).flatMap((key) =>
    key.startsWith(labelKeys.pull) && isName(key.slice(labelKeys.pull.length)) ? [prefix + key.slice(labelKeys.pull.length)] : [],
  );
  const names = new Set([...tagged, ...listed.map(({ Name = '' }) => Name)]);
  const found = await Promise.all([...names].map((name) => findSecret(aws, name, signal)));
  return found.flatMap((one) => (one ? secretParts(one) : []));
}

type FoundSecret = Pick<DescribeSecretCommandOutput, 'ARN' | 'Name' | 'Tags' | 'CreatedDate' | 'VersionIdsToStages'>;

function secretParts(found: FoundSecret): Part[] {
  const [labels, createdAt, name] = [labelsFrom(found.Tags), found.CreatedDate, found.Name!];
  const version = currentVersion(found);
  const address = (labels[labelKeys.address] ?? '').replace('aws_secretsmanager_secret.', 'aws_secretsmanager_secret_version.');
  return [
    { type: 'aws_secretsmanager_secret', id: found.ARN!, name, labels, createdAt },
    ...(version === null ? [] : [{ type: 'aws_secretsmanager_secret_version', id: version, name, labels, address, createdAt }]),
  ];
}

async function securityGroups(aws: Aws, { worker }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const Filters = [{ Name: `tag:${labelKeys.worker}`, Values: [worker] }];
  const { SecurityGroups = [] } = await aws.ec2.describeSecurityGroups({ Filters }, signal);
  const { common } = awsNames(worker, aws.place.region);
  return SecurityGroups.filter(({ GroupName }) => GroupName === common).map(({ GroupId, GroupName, Tags }) => ({
    type: 'aws_security_group',
    id: GroupId!,
    name: GroupName!,
    labels: labelsFrom(Tags),
  }));
}

/** The newest active revision is the worker's. Others are left by an interrupted run or by `terraform destroy`, and have no address. */
async function taskDefinitions(aws: Aws, { worker }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const family = awsNames(worker, aws.place.region).common;
  const lists = await Promise.all(
    (['ACTIVE', 'INACTIVE'] as const).map((status) =>
      pages(async (nextToken) => {
        const page = await aws.ecs.listTaskDefinitions({ familyPrefix: family, status, sort: 'DESC', nextToken }, signal);
        return { items: page.taskDefinitionArns ?? [], next: page.nextToken };
      }),
    ),
  );
  const all = lists.flat();
  const newest = lists[0]!.reduce<string | undefined>((a, b) => (a !== undefined && revisionOf(a) > revisionOf(b) ? a : b), undefined);
  const found = await Promise.all(all.map((arn) => findDefinition(aws, arn, signal)));
  return found.flatMap((one) => {
    if (!one || one.definition.family !== family) return [];
    const arn = one.definition.taskDefinitionArn!;
    const name = arn.split('/').at(-1)!;
    const createdAt = one.definition.registeredAt;
    const part = { type: 'aws_ecs_task_definition', name, labels: one.labels, createdAt };
    return arn === newest ? [{ ...part, id: family }] : [{ ...part, id: name, address: '' }];
  });
}

function revisionOf(arn: string): number {
  return Number(arn.split(':').at(-1));
}

/** The service, in the cluster where the worker was created: the settings may name another one now. */
async function service(aws: Aws, { worker, group }: Sought, signal?: AbortSignal): Promise<Part[]> {
  const cluster = group?.labels[labelKeys.cluster] ?? aws.place.cluster;
  const found = await findService(aws, { cluster, id: awsNames(worker, aws.place.region).common }, signal);
  if (!found) return [];
  const tasks = await tasksOf(aws, found, signal);
  const engine = engineStatus(found, tasks);
  const containers = await containersIn(aws, tasks, signal);
  const [labels, createdAt] = [labelsFrom(found.tags), found.createdAt];
  return [{ type: 'aws_ecs_service', id: found.serviceArn!, name: found.serviceName!, labels, createdAt, containers, ...engine }];
}

import { type Aws, openAws } from '../../src/backends/aws/clients.js';
import { placeOf } from '../../src/backends/aws/place.js';
import { labelsFrom } from '../../src/backends/aws/tags.js';
import { systemClock } from '../../src/clock.js';
import { labelKeys } from '../../src/labels.js';
import { pages } from '../../src/backends/aws/pages.js';

/** Calls to an emulator as somebody else makes them. */
export function callsTo(env: Record<string, string>): Aws {
  return openAws({ place: placeOf(env), env, clock: systemClock });
}

const assume = JSON.stringify({ Version: '2012-10-17', Statement: [] });

/** Things that are called almost as a worker's are, or in its name's way, and are nobody's of ours. */
export async function seedLookalikes(aws: Aws, worker: string): Promise<void> {
  const other = [{ Key: 'dev.mayfly.worker2', Value: worker }];
  const { Subnets = [] } = await aws.ec2.describeSubnets({});
  await Promise.all([
    aws.scheduler.createScheduleGroup({ Name: `mayfly-${worker}x`, Tags: other }),
    aws.iam.createRole({ RoleName: `mayfly-${worker}x-eu-west-1-end`, Path: '/mayfly/', AssumeRolePolicyDocument: assume, Tags: other }),
    aws.iam.createRole({ RoleName: `mayfly-${worker}-eu-west-2-end`, Path: '/mayfly/', AssumeRolePolicyDocument: assume }),
    aws.logs.createLogGroup({ logGroupName: `/mayfly/${worker}x` }),
    aws.logs.createLogGroup({ logGroupName: `/mayfly/${worker}/theirs`, tags: { 'dev.mayfly.worker2': worker } }),
    aws.secrets.createSecret({ Name: `mayfly/${worker}/pull-theirs`, SecretString: 'theirs' }),
    aws.secrets.createSecret({ Name: `mayfly/${worker}x`, SecretString: 'theirs', Tags: other }),
    aws.ec2.createSecurityGroup({
      GroupName: `mayfly-${worker}x`,
      Description: 'theirs',
      VpcId: Subnets[0]!.VpcId!,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: other }],
    }),
    aws.ecs.registerTaskDefinition({ family: `mayfly-${worker}x`, containerDefinitions: [{ name: 'a', image: 'b', memory: 64 }] }),
  ]);
}

/** All that is there, in words, by each service's own lists: what the backend itself asks is not what it is checked by. */
export async function inventory(aws: Aws): Promise<string[]> {
  const [tagged, groups, roles, logs, secrets, nets, ...definitions] = await Promise.all([
    pages(async (PaginationToken) => {
      const page = await aws.tagging.getResources({ PaginationToken });
      return { items: page.ResourceTagMappingList ?? [], next: page.PaginationToken };
    }),
    aws.scheduler.listScheduleGroups({}),
    aws.iam.listRoles({ PathPrefix: '/mayfly/' }),
    aws.logs.describeLogGroups({}),
    aws.secrets.listSecrets({}),
    aws.ec2.describeSecurityGroups({}),
    aws.ecs.listTaskDefinitions({ status: 'ACTIVE' }),
    aws.ecs.listTaskDefinitions({ status: 'INACTIVE' }),
  ]);
  const isOurs = (tags: Parameters<typeof labelsFrom>[0]) => labelsFrom(tags)[labelKeys.worker] !== undefined;
  const all = [
    ...tagged.flatMap(({ ResourceARN, Tags }) => (isOurs(Tags) ? [`tagged ${ResourceARN}`] : [])),
    ...(groups.ScheduleGroups ?? []).map(({ Name }) => `schedule group ${Name}`),
    ...(roles.Roles ?? []).map(({ RoleName }) => `role ${RoleName}`),
    ...(logs.logGroups ?? []).map(({ logGroupName }) => `log group ${logGroupName}`),
    ...(secrets.SecretList ?? []).map(({ Name }) => `secret ${Name}`),
    ...(nets.SecurityGroups ?? []).map(({ GroupName, GroupId }) => `security group ${GroupName} ${GroupId}`),
    ...definitions.flatMap(({ taskDefinitionArns = [] }) => taskDefinitionArns.map((arn) => `task definition ${arn}`)),
  ];
  return all.sort();
}

import { type Aws, openAws } from '../../src/backends/aws/clients.js';
import { placeOf, sharedCluster } from '../../src/backends/aws/place.js';
import { systemClock } from '../../src/clock.js';
import type { Moto } from '../support/moto/index.js';

/** Calls to an emulator as somebody else makes them. */
export function callsTo(env: Record<string, string>): Aws {
  return openAws({ place: placeOf(env), env, clock: systemClock });
}

const assume = JSON.stringify({ Version: '2012-10-17', Statement: [] });

/**
 * Things that are called almost as a worker's are, or in its name's way, and are nobody's of ours: a service with its task and the
 * schedule that ends it among them, in `cluster`.
 */
export async function seedLookalikes(aws: Aws, worker: string, cluster = 'theirs'): Promise<void> {
  const other = [{ Key: 'dev.mayfly.worker2', Value: worker }];
  const { Subnets = [] } = await aws.ec2.describeSubnets({});
  const definition = { family: `mayfly-${worker}x`, networkMode: 'awsvpc' as const, requiresCompatibilities: ['FARGATE' as const] };
  const [{ taskDefinition }] = await Promise.all([
    aws.ecs.registerTaskDefinition({
      ...definition,
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'engine', image: 'b', memory: 64 }],
    }),
    aws.ecs.createCluster({ clusterName: cluster }),
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
  ]);
  const service = `mayfly-${worker}x`;
  await Promise.all([
    aws.ecs.createService({
      ...{ cluster, serviceName: service, taskDefinition: taskDefinition!.taskDefinitionArn!, launchType: 'FARGATE', desiredCount: 1 },
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]!.SubnetId!], securityGroups: [] } },
      tags: [{ key: 'dev.mayfly.worker2', value: worker }],
    }),
    // In a group of their own, and in the one that all have.
    ...[service, 'default'].map((GroupName) =>
      aws.scheduler.createSchedule({
        ...{ GroupName, Name: GroupName === service ? 'end' : `mayfly-${worker}`, ScheduleExpression: 'at(2040-01-01T00:00:00)' },
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:ecs:deleteService',
          RoleArn: 'arn:aws:iam::123456789012:role/theirs',
          Input: JSON.stringify({ Cluster: cluster, Service: service, Force: true }),
        },
      }),
    ),
  ]);
}

/**
 * All that is there, by the emulator's own books: what the backend asks is not what it is checked by. Without the cluster that workers
 * share, which outlives them.
 */
export async function inventory({ inventory: all }: Moto): Promise<string[]> {
  return (await all()).filter((one) => !one.startsWith(`cluster ${sharedCluster} `));
}

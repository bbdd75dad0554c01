import type { Aws } from '../../src/backends/aws/clients.js';
import { findDefinition } from '../../src/backends/aws/resources/task-definition.js';
import { findGroup } from '../../src/backends/aws/resources/schedule-group.js';
import { findLogGroup } from '../../src/backends/aws/resources/log-group.js';
import { findRole } from '../../src/backends/aws/resources/role.js';
import { findSchedule } from '../../src/backends/aws/resources/schedule.js';
import { findSecret } from '../../src/backends/aws/resources/secret.js';
import { findService } from '../../src/backends/aws/resources/service.js';
import { labelsFrom } from '../../src/backends/aws/tags.js';
import type { Labels } from '../../src/labels.js';
import type { Value } from '../../src/plan/resource-schema.js';

/** What a type's test needs of the others: made by hand, with nothing of ours on it. */
export interface Ground {
  aws: Aws;
  name: string;
  vpc: string;
  subnets: string[];
}

export interface Kind {
  /** All that is configured but tags. */
  configured(ground: Ground): Promise<Record<string, Value>> | Record<string, Value>;
  /** What AWS says of it now; `null`: no such thing. */
  look(ground: Ground, id: string): Promise<{ labels: Labels } | null>;
  /** Something of its name; `null`: it is in something of ours, where nothing foreign is. */
  foreign: ((ground: Ground) => Promise<unknown>) | null;
  /** A change in place. */
  update: { attribute: string; value: Value } | null;
  tagged: boolean;
  /** Of what goes with something else and not by itself. */
  removeHolder?: (ground: Ground) => Promise<unknown>;
}

const assume = (service: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] });
const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const containers = (image: string) =>
  JSON.stringify([
    {
      name: 'engine',
      image,
      memoryReservation: 64,
      environment: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    },
  ]);
const openRule = { from_port: 0, to_port: 0, protocol: '-1', cidr_blocks: ['0.0.0.0/0'], ipv6_cidr_blocks: ['::/0'] };

export const kinds: Record<string, Kind> = {
  aws_scheduler_schedule_group: {
    configured: ({ name }) => ({ name }),
    look: async ({ aws }, id) => {
      const group = await findGroup(aws, id);
      return group && { labels: group.labels, arn: group.Arn };
    },
    foreign: ({ aws, name }) => aws.scheduler.createScheduleGroup({ Name: name }),
    update: null,
    tagged: true,
  },
  aws_scheduler_schedule: {
    configured: async ({ aws, name }) => {
      await aws.scheduler.createScheduleGroup({ Name: name });
      return {
        name: 'end',
        group_name: name,
        schedule_expression: 'at(2030-01-02T03:04:05)',
        schedule_expression_timezone: 'UTC',
        action_after_completion: 'DELETE',
        flexible_time_window: [{ mode: 'OFF' }],
        target: [
          {
            arn: 'arn:aws:scheduler:::aws-sdk:ecs:deleteService',
            role_arn: roleArn(name),
            input: '{"Force":true}',
            retry_policy: [{ maximum_event_age_in_seconds: 86_400, maximum_retry_attempts: 185 }],
          },
        ],
      };
    },
    look: async ({ aws }, id) => ((await findSchedule(aws, id)) ? { labels: {} } : null),
    foreign: null,
    update: { attribute: 'schedule_expression', value: 'at(2031-01-02T03:04:05)' },
    tagged: false,
  },
  aws_iam_role: {
    configured: ({ name }) => ({ name, path: '/mayfly/', description: 'of a test', assume_role_policy: assume('scheduler.amazonaws.com') }),
    look: async ({ aws }, id) => {
      const role = await findRole(aws, id);
      return role && { labels: labelsFrom(role.Tags) };
    },
    foreign: ({ aws, name }) => aws.iam.createRole({ RoleName: name, AssumeRolePolicyDocument: assume('ec2.amazonaws.com') }),
    update: { attribute: 'assume_role_policy', value: assume('ecs-tasks.amazonaws.com') },
    tagged: true,
  },
  aws_iam_role_policy: {
    configured: async ({ aws, name }) => {
      await aws.iam.createRole({ RoleName: name, AssumeRolePolicyDocument: assume('ec2.amazonaws.com') });
      return { name: 'mayfly', role: name, policy: policy('*') };
    },
    look: async ({ aws, name }) => ((await aws.iam.listRolePolicies({ RoleName: name })).PolicyNames?.length ? { labels: {} } : null),
    foreign: null,
    update: { attribute: 'policy', value: policy('arn:aws:ecs:eu-west-1:123456789012:service/mayfly/one') },
    tagged: false,
  },
  aws_cloudwatch_log_group: {
    configured: ({ name }) => ({ name: `/mayfly/${name}`, retention_in_days: 7 }),
    look: ({ aws }, id) => findLogGroup(aws, id),
    foreign: ({ aws, name }) => aws.logs.createLogGroup({ logGroupName: `/mayfly/${name}`, tags: { a: 'b' } }),
    update: { attribute: 'retention_in_days', value: 3 },
    tagged: true,
  },
  aws_secretsmanager_secret: {
    configured: ({ name }) => ({ name: `mayfly/${name}`, description: 'of a test', recovery_window_in_days: 0 }),
    look: async ({ aws }, id) => {
      const secret = await findSecret(aws, id);
      return secret && { labels: labelsFrom(secret.Tags) };
    },
    foreign: ({ aws, name }) => aws.secrets.createSecret({ Name: `mayfly/${name}`, SecretString: 'theirs' }),
    update: null,
    tagged: true,
  },
  aws_secretsmanager_secret_version: {
    configured: async ({ aws, name }) => {
      const { ARN } = await aws.secrets.createSecret({ Name: `mayfly/${name}` });
      return { secret_id: ARN!, secret_string_wo: 'hush-hush', secret_string_wo_version: 1 };
    },
    look: async ({ aws }, id) => {
      const [arn, version] = id.split('|') as [string, string];
      return (await findSecret(aws, arn))?.VersionIdsToStages?.[version]?.includes('AWSCURRENT') ? { labels: {} } : null;
    },
    foreign: null,
    update: null,
    tagged: false,
    removeHolder: ({ aws, name }) => aws.secrets.deleteSecret({ SecretId: `mayfly/${name}`, ForceDeleteWithoutRecovery: true }),
  },
  aws_security_group: {
    configured: ({ name, vpc }) => ({
      name,
      description: 'of a test',
      vpc_id: vpc,
      ingress: [{ from_port: 8080, to_port: 8080, protocol: 'tcp', cidr_blocks: ['203.0.113.0/24'], ipv6_cidr_blocks: [] }],
      egress: [openRule],
    }),
    look: async ({ aws, vpc, name }) => {
      const Filters = Object.entries({ 'vpc-id': vpc, 'group-name': name }).map(([Name, value]) => ({ Name, Values: [value] }));
      const [group] = (await aws.ec2.describeSecurityGroups({ Filters })).SecurityGroups ?? [];
      return group ? { labels: labelsFrom(group.Tags) } : null;
    },
    foreign: ({ aws, name, vpc }) => aws.ec2.createSecurityGroup({ GroupName: name, Description: 'theirs', VpcId: vpc }),
    update: {
      attribute: 'ingress',
      value: [{ from_port: 8080, to_port: 8080, protocol: 'tcp', cidr_blocks: ['198.51.100.0/24'], ipv6_cidr_blocks: ['2001:db8::/32'] }],
    },
    tagged: true,
  },
  aws_ecs_task_definition: {
    configured: ({ name }) => ({
      family: name,
      requires_compatibilities: ['FARGATE'],
      network_mode: 'awsvpc',
      cpu: '256',
      memory: '512',
      runtime_platform: [{ cpu_architecture: 'ARM64', operating_system_family: 'LINUX' }],
      execution_role_arn: roleArn('execution'),
      task_role_arn: roleArn('task'),
      volume: [{ name: 'work' }],
      container_definitions: containers('alpine:3.20'),
    }),
    look: async ({ aws }, id) => {
      const found = await findDefinition(aws, id);
      return found?.definition.status === 'ACTIVE' ? found : null;
    },
    foreign: ({ aws, name }) =>
      aws.ecs.registerTaskDefinition({ family: name, containerDefinitions: JSON.parse(containers('theirs')) as object[] }),
    update: null,
    tagged: true,
  },
  aws_ecs_service: {
    configured: async ({ aws, name, subnets, vpc }) => {
      const { GroupId } = await aws.ec2.createSecurityGroup({ GroupName: name, Description: name, VpcId: vpc });
      const family = `${name}-task`;
      const definition = {
        family,
        networkMode: 'awsvpc' as const,
        requiresCompatibilities: ['FARGATE' as const],
        cpu: '256',
        memory: '512',
      };
      const containerDefinitions = JSON.parse(containers('alpine')) as object[];
      const { taskDefinition } = await aws.ecs.registerTaskDefinition({ ...definition, containerDefinitions });
      return {
        name,
        cluster: 'mayfly',
        task_definition: taskDefinition!.taskDefinitionArn!,
        launch_type: 'FARGATE',
        desired_count: 1,
        deployment_minimum_healthy_percent: 0,
        deployment_maximum_percent: 100,
        deployment_circuit_breaker: [{ enable: true, rollback: false }],
        network_configuration: [{ subnets, security_groups: [GroupId!], assign_public_ip: false }],
        propagate_tags: 'SERVICE',
        enable_ecs_managed_tags: true,
        force_delete: true,
      };
    },
    look: async ({ aws }, id) => {
      const service = await findService(aws, { cluster: 'mayfly', id });
      return service && { labels: labelsFrom(service.tags) };
    },
    foreign: ({ aws, name }) =>
      aws.ecs.createService({
        cluster: 'mayfly',
        serviceName: name,
        taskDefinition: `${name}-task`,
        launchType: 'FARGATE',
        desiredCount: 0,
      }),
    update: { attribute: 'desired_count', value: 0 },
    tagged: true,
  },
};

function policy(resource: string): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecs:DeleteService', Resource: resource }] });
}

import { MayflyError } from '../src/errors.js';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service/index.js';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group/index.js';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule/index.js';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import type { ITerraformDependable } from 'cdktf/lib/terraform-dependable.js';
import type { Construct } from 'constructs';
import { type Labels, labelKeys } from '../src/labels.js';
import { type ScheduleName, schedules } from '../src/backends/aws/names.js';
import { engineOf } from '../src/spec/melodium.js';
import { engineName, type EngineSpec } from '../src/spec/worker-spec.js';
import { AwsWorkerStack, type MadeSecret, onTags } from './aws-common.js';
import { containerDefinitions } from './aws-containers.js';
import type { StackInput } from './common.js';

/** Days after which CloudWatch removes log entries, also if nobody removes the log group. */
const logDays = 7;

/** The maximum of EventBridge Scheduler: retries for one day. */
const retryPolicy = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 };

/**
 * A worker on Fargate: a service with one task. Two schedules, made before the service, delete it. The cluster is not in the stack, because
 * all workers share it.
 */
export class AwsStack extends AwsWorkerStack {
  private readonly engine: EngineSpec;

  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    this.engine = engineOf(input.spec, true, input.longest);
    new AwsProvider(this, 'aws', { region: this.facts.region, allowedAccountIds: [this.facts.account] });
    // The first version with ephemeral variables and write-only arguments.
    this.addOverride('terraform.required_version', '>= 1.11.0');
    // Earlier providers read the values of secrets.
    this.addOverride('terraform.required_providers.aws.version', '>= 6.26.0, < 7.0.0');
    const ends = this.endSchedules();
    this.service(this.task(), this.network(), ends);
    this.access(this.engine.port, [this.variable('address', 'Where the engine is reached, once it is known.').stringValue]);
  }

  /** Schedules that end the worker, made before any compute. A schedule deletes itself after its last retry, so there is a second one. */
  private endSchedules(): SchedulerSchedule[] {
    const { cluster, region, account, partition } = this.facts;
    const service = this.names.common;
    const group = new SchedulerScheduleGroup(this, 'lease', {
      name: this.names.common,
      tags: { ...this.tags('aws_scheduler_schedule_group', 'lease'), [labelKeys.cluster]: cluster, ...this.pullTags() },
      ...onTags,
    });
    const role = this.role('end', 'scheduler.amazonaws.com');
    const may = this.allow('end', role, [
      { Effect: 'Allow', Action: 'ecs:DeleteService', Resource: `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${service}` },
    ]);
    const schedule = (name: ScheduleName, time: string) => {
      const made = new SchedulerSchedule(this, `schedule_${schedules[name]}`, {
        name,
        // The group's id: if the group is replaced, its schedules are made again.
        groupName: group.id,
        scheduleExpression: `at(${time})`,
        scheduleExpressionTimezone: 'UTC',
        actionAfterCompletion: 'DELETE',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: `arn:${partition}:scheduler:::aws-sdk:ecs:deleteService`,
          roleArn: role.arn,
          input: JSON.stringify({ Cluster: cluster, Service: service, Force: true }),
          retryPolicy,
        },
        dependsOn: [may],
        // The time moves when the worker is ready, and by `extend`.
        lifecycle: { ignoreChanges: ['schedule_expression'] },
      });
      made.overrideLogicalId(schedules[name]);
      return made;
    };
    const endsAt = this.variable('ends_at', 'When the worker ends, UTC, as long as it is not ready.');
    const again = this.variable('ends_again_at', 'When its end is tried again.');
    return [schedule('end', endsAt.stringValue), schedule('end-again', again.stringValue)];
  }

  private task(): EcsTaskDefinition {
    const { spec, offer } = this.input;
    const { region, shape } = this.facts;
    if (!shape) throw new MayflyError('stack_invalid', { cause: 'the offer has no task size, because AWS cannot run this spec' });
    const logs = new CloudwatchLogGroup(this, 'logs', {
      name: this.names.logGroup,
      retentionInDays: logDays,
      tags: this.tags('aws_cloudwatch_log_group', 'logs'),
      ...onTags,
    });
    const secret = this.secret('secrets', this.names.secret, 'secret_env', 'The keys, and what came from the environment.');
    const pull = new Map(
      this.pulled().map((name) => [
        name,
        this.secret(`pull_${name}`, `${this.names.pullSecrets}${name}`, `pull_${name}`, `Credentials for the image of ${name}.`),
      ]),
    );
    const execution = this.execution(logs, [secret, ...pull.values()]);
    return new EcsTaskDefinition(this, 'task', {
      family: this.names.common,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(shape.cpu),
      memory: String(shape.memory),
      ...(shape.storage !== null && { ephemeralStorage: { sizeInGib: shape.storage } }),
      runtimePlatform: { cpuArchitecture: offer.arch === 'arm64' ? 'ARM64' : 'X86_64', operatingSystemFamily: 'LINUX' },
      executionRoleArn: execution.role.arn,
      taskRoleArn: this.role('task', 'ecs-tasks.amazonaws.com').arn,
      volume: spec.volumes.map(({ name }) => ({ name })),
      containerDefinitions: containerDefinitions(spec, this.engine, {
        region,
        logGroup: logs.name,
        engine: this.engineParts(),
        secret: secret.arn,
        pull: new Map([...pull].map(([name, { arn }]) => [name, arn])),
        secretsVersion: this.secretsVersion,
      }),
      tags: this.tags('aws_ecs_task_definition', 'task'),
      dependsOn: [execution.may, secret.version, ...[...pull.values()].map(({ version }) => version)],
      ...onTags,
    });
  }

  /** The role with which ECS starts the task. */
  private execution(logs: CloudwatchLogGroup, secrets: readonly MadeSecret[]): { role: IamRole; may: ITerraformDependable } {
    const role = this.role('execution', 'ecs-tasks.amazonaws.com');
    const may = this.allow('execution', role, [
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${logs.arn}:*` },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secrets.map(({ arn }) => arn) },
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        // Repositories of any account and region that allow it; pull only.
        Resource: `arn:${this.facts.partition}:ecr:*:*:repository/*`,
      },
    ]);
    return { role, may };
  }

  private network(): SecurityGroup {
    return new SecurityGroup(this, 'network', {
      name: this.names.common,
      description: this.described(),
      vpcId: this.facts.vpc,
      ingress: this.openings(),
      egress: [rule(0, '-1', ['0.0.0.0/0'], ['::/0'])],
      tags: this.tags('aws_security_group', 'network'),
      ...onTags,
    });
  }

  private service(task: EcsTaskDefinition, network: SecurityGroup, ends: SchedulerSchedule[]): void {
    const { cluster, subnets, needsPublicAddress } = this.facts;
    new EcsService(this, engineName, {
      name: this.names.common,
      cluster,
      taskDefinition: task.arn,
      launchType: 'FARGATE',
      desiredCount: 1,
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: false },
      networkConfiguration: {
        subnets,
        securityGroups: [network.id],
        assignPublicIp: this.input.spec.access.public || needsPublicAddress,
      },
      propagateTags: 'SERVICE',
      enableEcsManagedTags: true,
      waitForSteadyState: false,
      forceDelete: true,
      tags: this.tags('aws_ecs_service', engineName),
      dependsOn: ends,
      ...onTags,
    });
  }

  /** Tags of the group that name the pull secrets: ListSecrets lags by minutes, so secrets are found by these names. */
  private pullTags(): Labels {
    return Object.fromEntries(this.pulled().map((name) => [`${labelKeys.pull}${name}`, 'secret']));
  }

  /** Names of containers whose images need credentials. */
  private pulled(): string[] {
    const { containers, service_containers } = this.input.spec;
    const all = [{ name: engineName, pull_secret: this.engine.pull_secret }, ...containers, ...service_containers];
    return all.filter(({ pull_secret }) => pull_secret !== null).map(({ name }) => name);
  }

  /** The engine's variables: keys come from the worker's secret, all others are in the definition. */
  private engineParts(): { env: Record<string, string>; secrets: Record<string, string> } {
    const secrets = Object.fromEntries(Object.entries(this.engineKeys()).filter(([, key]) => key === 'remote_key' || key === 'self_key'));
    const env = Object.fromEntries(Object.entries(this.engineEnv()).filter(([name]) => !Object.hasOwn(secrets, name)));
    return { env, secrets };
  }

  private openings() {
    const { cidrs } = this.input.spec.access;
    if (this.engine.port === null || cidrs.length === 0) return [];
    const isV6 = (cidr: string) => cidr.includes(':');
    return [
      rule(
        this.engine.port,
        'tcp',
        cidrs.filter((cidr) => !isV6(cidr)),
        cidrs.filter(isV6),
      ),
    ];
  }
}

function rule(port: number, protocol: string, cidrBlocks: string[], ipv6CidrBlocks: string[]) {
  return {
    fromPort: port,
    toPort: port,
    protocol,
    cidrBlocks,
    ipv6CidrBlocks,
    prefixListIds: [],
    securityGroups: [],
    selfAttribute: false,
    description: '',
  };
}

import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service/index.js';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { SchedulerScheduleGroup } from '@cdktf/provider-aws/lib/scheduler-schedule-group/index.js';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule/index.js';
import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js';
import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import type { Construct } from 'constructs';
import { MayflyError } from '../src/errors.js';
import { type Labels, labelKeys } from '../src/labels.js';
import { engineOf } from '../src/spec/melodium.js';
import type { AwsFacts } from '../src/spec/offer.js';
import { engineName, type EngineSpec } from '../src/spec/worker-spec.js';
import { containerDefinitions } from './aws-containers.js';
import { type StackInput, WorkerStack } from './common.js';

/** Days that logs outlive their worker where nobody removes them. */
const logDays = 7;

/** EventBridge Scheduler's most: a day of tries. */
const retryPolicy = { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 };

const onTags = { lifecycle: { ignoreChanges: ['tags', 'tags_all'] } };

/**
 * A worker on Fargate: a service of one task, and before it what ends it: two schedules that delete the service. The cluster is outside
 * the stack, since all workers share it.
 */
export class AwsStack extends WorkerStack {
  private readonly facts: AwsFacts;
  /** What all but the secret are called. */
  private readonly named: string;
  private readonly engine: EngineSpec;
  private readonly secretsVersion: string;

  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    const { spec, offer } = input;
    if (!offer.facts.aws) throw new MayflyError('stack_invalid', { cause: 'the offer does not say where on AWS the worker goes' });
    this.facts = offer.facts.aws;
    this.named = `mayfly-${spec.name}`;
    this.engine = engineOf(spec, 'aws', input.longest);
    this.secretsVersion = this.variable('secrets_version', 'A whole number that changes when a secret does.').stringValue;
    new AwsProvider(this, 'aws', { region: this.facts.region, allowedAccountIds: [this.facts.account] });
    // Of ephemeral variables and write-only arguments.
    this.addOverride('terraform.required_version', '>= 1.11.0');
    this.addOverride('terraform.required_providers.aws.version', '>= 6.25.0, < 7.0.0');
    const ends = this.whatEndsIt();
    this.service(ends);
    this.access(this.engine.port, [this.variable('address', 'Where the engine is reached, once it is known.').stringValue]);
  }

  /** Made before anything that computes. A schedule that ran out of tries deletes itself too, so a second one follows. */
  private whatEndsIt(): SchedulerSchedule[] {
    const { cluster, region, account, partition } = this.facts;
    const service = `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${this.named}`;
    const group = new SchedulerScheduleGroup(this, 'lease', {
      name: this.named,
      // The list of secrets lags by minutes: those of one worker are asked for by name.
      tags: { ...this.tags('aws_scheduler_schedule_group', 'lease'), ...this.pullTags() },
      ...onTags,
    });
    const role = this.role('end', 'scheduler.amazonaws.com');
    const may = this.allow('end', role, [{ Effect: 'Allow', Action: 'ecs:DeleteService', Resource: service }]);
    const schedule = (id: string, name: string, time: string) => {
      const made = new SchedulerSchedule(this, `schedule_${id}`, {
        name,
        groupName: group.name,
        scheduleExpression: `at(${time})`,
        scheduleExpressionTimezone: 'UTC',
        actionAfterCompletion: 'DELETE',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: `arn:${partition}:scheduler:::aws-sdk:ecs:deleteService`,
          roleArn: role.arn,
          input: JSON.stringify({ Cluster: cluster, Service: this.named, Force: true }),
          retryPolicy,
        },
        dependsOn: [may],
        // Moved when it is ready, and by extend.
        lifecycle: { ignoreChanges: ['schedule_expression'] },
      });
      made.overrideLogicalId(id);
      return made;
    };
    const endsAt = this.variable('ends_at', 'When the worker ends, UTC, as long as it is not ready.');
    const again = this.variable('ends_again_at', 'When its end is tried again.');
    return [schedule('end', 'end', endsAt.stringValue), schedule('end_again', 'end-again', again.stringValue)];
  }

  private service(ends: SchedulerSchedule[]): void {
    const { spec } = this.input;
    const { cluster, region, partition, subnets, needsPublicAddress, vpc, shape } = this.facts;
    const logs = new CloudwatchLogGroup(this, 'logs', {
      name: `/mayfly/${spec.name}`,
      retentionInDays: logDays,
      tags: this.tags('aws_cloudwatch_log_group', 'logs'),
      ...onTags,
    });
    const secret = this.secret('secrets', `mayfly/${spec.name}`, 'secret_env', 'The keys, and what came from the environment.');
    const pull = new Map(
      this.parts()
        .filter(({ pull_secret }) => pull_secret !== null)
        .map(({ name }) => [
          name,
          this.secret(`pull_${name}`, `mayfly/${spec.name}/pull-${name}`, `pull_${name}`, `Credentials for the image of ${name}.`),
        ]),
    );
    const execution = this.role('execution', 'ecs-tasks.amazonaws.com');
    const may = this.allow('execution', execution, [
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${logs.arn}:*` },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: [secret.arn, ...[...pull.values()].map(({ arn }) => arn)] },
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        // Of whichever account and region: pulling alone, from those that let it.
        Resource: `arn:${partition}:ecr:*:*:repository/*`,
      },
    ]);
    const task = new EcsTaskDefinition(this, 'task', {
      family: this.named,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(shape.cpu),
      memory: String(shape.memory),
      ...(shape.storage !== null && { ephemeralStorage: { sizeInGib: shape.storage } }),
      runtimePlatform: { cpuArchitecture: this.input.offer.arch === 'arm64' ? 'ARM64' : 'X86_64', operatingSystemFamily: 'LINUX' },
      executionRoleArn: execution.arn,
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
      dependsOn: [may, secret.version, ...[...pull.values()].map(({ version }) => version)],
      ...onTags,
    });
    const network = new SecurityGroup(this, 'network', {
      name: this.named,
      description: `mayfly worker ${spec.name}`,
      vpcId: vpc,
      ingress: this.openings(),
      egress: [rule(0, '-1', ['0.0.0.0/0'], ['::/0'])],
      tags: this.tags('aws_security_group', 'network'),
      ...onTags,
    });
    new EcsService(this, engineName, {
      name: this.named,
      cluster,
      taskDefinition: task.arn,
      launchType: 'FARGATE',
      desiredCount: 1,
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: false },
      networkConfiguration: { subnets, securityGroups: [network.id], assignPublicIp: spec.access.public || needsPublicAddress },
      propagateTags: 'SERVICE',
      enableEcsManagedTags: true,
      waitForSteadyState: false,
      forceDelete: true,
      tags: this.tags('aws_ecs_service', engineName),
      dependsOn: ends,
      ...onTags,
    });
  }

  private pullTags(): Labels {
    const own = this.parts().filter(({ pull_secret }) => pull_secret !== null);
    return Object.fromEntries(own.map(({ name }) => [`${labelKeys.pull}${name}`, 'secret']));
  }

  private parts(): { name: string; pull_secret: unknown }[] {
    const { spec } = this.input;
    return [{ name: engineName, pull_secret: this.engine.pull_secret }, ...spec.containers, ...spec.service_containers];
  }

  /** Keys come from the worker's secret, the rest stands in the engine's definition. */
  private engineParts(): { env: Record<string, string>; secrets: Record<string, string> } {
    const secrets = Object.fromEntries(Object.entries(this.engineKeys()).filter(([, key]) => key === 'remote_key' || key === 'self_key'));
    const env = Object.fromEntries(Object.entries(this.engineEnv()).filter(([name]) => !(name in secrets)));
    return { env, secrets };
  }

  private role(id: string, service: string): IamRole {
    const { spec } = this.input;
    const role = new IamRole(this, `role_${id}`, {
      name: `${this.named}-${this.facts.region}-${id}`,
      path: '/mayfly/',
      description: `mayfly worker ${spec.name}`,
      assumeRolePolicy: policy([
        {
          Effect: 'Allow',
          Principal: { Service: service },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': this.facts.account } },
        },
      ]),
      tags: this.tags('aws_iam_role', id),
      ...onTags,
    });
    role.overrideLogicalId(id);
    return role;
  }

  private allow(id: string, role: IamRole, statements: object[]): IamRolePolicy {
    const own = new IamRolePolicy(this, `policy_${id}`, { name: 'mayfly', role: role.name, policy: policy(statements) });
    own.overrideLogicalId(id);
    return own;
  }

  private secret(id: string, name: string, variable: string, description: string): { arn: string; version: SecretsmanagerSecretVersion } {
    const secret = new SecretsmanagerSecret(this, `secret_${id}`, {
      name,
      description: `mayfly worker ${this.input.spec.name}`,
      recoveryWindowInDays: 0,
      tags: this.tags('aws_secretsmanager_secret', id),
      ...onTags,
    });
    secret.overrideLogicalId(id);
    const value = this.variable(variable, description, true);
    value.addOverride('ephemeral', true);
    const version = new SecretsmanagerSecretVersion(this, `value_${id}`, { secretId: secret.id, secretStringWo: value.stringValue });
    version.overrideLogicalId(id);
    version.addOverride('secret_string_wo_version', this.secretsVersion);
    return { arn: secret.arn, version };
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

  private tags(type: string, id: string): Labels {
    const labels = { ...this.labels(type, id), [labelKeys.owner]: this.facts.owner };
    return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, tagValue(value)]));
  }
}

function policy(statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
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

/** What AWS takes in a tag, the rest as spaces. */
function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{N}\s_.:/=+\-@]/gu, ' ').slice(0, 256);
}

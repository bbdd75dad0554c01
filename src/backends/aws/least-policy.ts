import { labelKeys } from '../../labels.js';
import { sharedTag } from './place.js';
import { actions, type Scope, terraformActions } from './actions.js';

/** Place of workers in the policy. `*`: any. */
export interface PolicyPlace {
  partition: string;
  region: string;
  account: string;
  cluster: string;
}

export interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Policy {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** The least permissions for mayfly on AWS, with either applier. Objects are limited by name, or by tag if their ARN has no name. */
export function leastPolicy(place: PolicyPlace): Policy {
  const all = Object.entries({ ...actions, ...terraformActions });
  const limits = limitsOf(place);
  const statements = (Object.keys(limits) as Scope[]).map((scope): Statement => {
    const Action = all.flatMap(([action, scopes]) => (scopes.includes(scope) ? [action] : [])).sort();
    return { Sid: `${scope[0]!.toUpperCase()}${scope.slice(1)}`, Effect: 'Allow', Action, ...limits[scope] };
  });
  return { Version: '2012-10-17', Statement: statements };
}

/** The partition of a region, by the region's name. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function limitsOf({ partition, region, account, cluster }: PolicyPlace): Record<Scope, Pick<Statement, 'Resource' | 'Condition'>> {
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const role = (rest: string) => `arn:${partition}:iam::${account}:role/${rest}`;
  const clusterArn = arn('ecs', `cluster/${cluster}`);
  const service = arn('ecs', `service/${cluster}/mayfly-*`);
  const tasks = arn('ecs', `task/${cluster}/*`);
  const taskDefinition = arn('ecs', 'task-definition/mayfly-*:*');
  const ourRole = role(`mayfly/mayfly-*-${region}-*`);
  const securityGroups = arn('ec2', 'security-group/*');
  return {
    anything: { Resource: ['*'] },
    cluster: { Resource: [clusterArn] },
    ownCluster: {
      Resource: [clusterArn],
      Condition: { StringEquals: { [`aws:ResourceTag/${labelKeys.shared}`]: sharedTag[labelKeys.shared] } },
    },
    inCluster: { Resource: ['*'], Condition: { ArnLike: { 'ecs:cluster': clusterArn } } },
    service: { Resource: [service] },
    task: { Resource: [tasks] },
    // The cluster may hold other tasks too. Ours have the tags of their service.
    ownTask: { Resource: [tasks], Condition: { Null: { [`aws:ResourceTag/${labelKeys.worker}`]: 'false' } } },
    taskDefinition: { Resource: [taskDefinition] },
    newInEcs: {
      Resource: [clusterArn, service, taskDefinition],
      Condition: { StringEquals: { 'ecs:CreateAction': ['CreateCluster', 'CreateService', 'RegisterTaskDefinition'] } },
    },
    scheduleGroup: { Resource: [arn('scheduler', 'schedule-group/mayfly-*')] },
    schedule: { Resource: [arn('scheduler', 'schedule/mayfly-*/*')] },
    role: { Resource: [ourRole] },
    passedRole: {
      Resource: [ourRole],
      Condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com'] } },
    },
    ecsRole: {
      Resource: [role('aws-service-role/ecs.amazonaws.com/*')],
      Condition: { StringEquals: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } },
    },
    logGroup: { Resource: [arn('logs', 'log-group:/mayfly/*')] },
    secret: { Resource: [arn('secretsmanager', 'secret:mayfly/*')] },
    securityGroup: { Resource: [securityGroups], Condition: { Null: { [`aws:ResourceTag/${labelKeys.worker}`]: 'false' } } },
    newSecurityGroup: { Resource: [securityGroups], Condition: { Null: { [`aws:RequestTag/${labelKeys.worker}`]: 'false' } } },
    // Tags only at creation: otherwise a tag could make any group ours.
    newTags: { Resource: [securityGroups], Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } } },
    vpc: { Resource: [arn('ec2', 'vpc/*')] },
  };
}

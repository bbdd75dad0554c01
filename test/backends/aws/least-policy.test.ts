import { describe, expect, test } from 'vitest';
import { actions, freeCalls, terraformActions } from '../../../src/backends/aws/actions.js';
import { leastPolicy, partitionOf, type PolicyPlace, type Statement } from '../../../src/backends/aws/least-policy.js';

const place: PolicyPlace = { partition: 'aws', region: 'eu-west-1', account: '123456789012', cluster: 'mayfly' };
const { Statement: statements } = leastPolicy(place);
const allowing = (action: string) => statements.filter(({ Action }) => Action.includes(action));
const resourcesOf = (action: string) => allowing(action).flatMap(({ Resource }) => Resource);

test('every action of the table is allowed, and no other', () => {
  const allowed = new Set(statements.flatMap(({ Action }) => Action));
  expect([...allowed].sort()).toEqual(Object.keys({ ...actions, ...terraformActions }).sort());
  expect([...allowed].filter((action) => freeCalls.includes(action))).toEqual([]);
});

test('what the provider of Terraform changes in its own way is allowed', () => {
  expect(resourcesOf('iam:UpdateRoleDescription')).toEqual(resourcesOf('iam:UpdateRole'));
  expect(resourcesOf('secretsmanager:UpdateSecret')).toEqual(resourcesOf('secretsmanager:PutSecretValue'));
});

test('it fits in a managed policy', () => expect(JSON.stringify(leastPolicy(place)).length).toBeLessThan(6144));

test('no statement is empty, and each has a name of its own', () => {
  for (const { Action, Resource } of statements) expect(Action.length * Resource.length).toBeGreaterThan(0);
  expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
  for (const { Sid } of statements) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
});

/** What has no resources in IAM; all but one only reads. */
const forAnything = /^(tag:GetResources|\w+:(List|Describe)\w+|ecs:DeregisterTaskDefinition)$/;

test('what changes something is limited to what is ours, by name or by condition', () => {
  const isOurs = (resource: string) => /[:/]mayfly/.test(resource);
  const limited = ({ Resource, Condition }: Statement) => Resource.every(isOurs) || Condition !== undefined;
  const open = statements.filter((one) => !limited(one)).flatMap(({ Action }) => Action);
  expect(open.filter((action) => !forAnything.test(action))).toEqual(['ec2:CreateSecurityGroup']);
});

describe('limits', () => {
  const cases: Record<string, [action: string, resources: string[]]> = {
    'services of the cluster': ['ecs:DeleteService', ['arn:aws:ecs:eu-west-1:123456789012:service/mayfly/mayfly-*']],
    'task definitions by their family': ['ecs:RegisterTaskDefinition', ['arn:aws:ecs:eu-west-1:123456789012:task-definition/mayfly-*:*']],
    'roles by path, name and region': ['iam:PutRolePolicy', ['arn:aws:iam::123456789012:role/mayfly/mayfly-*-eu-west-1-*']],
    'schedules of our groups': ['scheduler:UpdateSchedule', ['arn:aws:scheduler:eu-west-1:123456789012:schedule/mayfly-*/*']],
    'secrets by their path': ['secretsmanager:GetSecretValue', ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:mayfly/*']],
    'log groups and their streams': ['logs:GetLogEvents', ['arn:aws:logs:eu-west-1:123456789012:log-group:/mayfly/*']],
    'a new security group, and the VPC it is made in': [
      'ec2:CreateSecurityGroup',
      ['arn:aws:ec2:eu-west-1:123456789012:security-group/*', 'arn:aws:ec2:eu-west-1:123456789012:vpc/*'],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [action, resources]) => expect(resourcesOf(action)).toEqual(resources));

  const conditions: Record<string, [action: string, condition: Statement['Condition']]> = {
    'roles are passed to tasks and schedules alone': [
      'iam:PassRole',
      { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com'] } },
    ],
    'security groups are changed by their tag': ['ec2:DeleteSecurityGroup', { Null: { 'aws:ResourceTag/dev.mayfly.worker': 'false' } }],
    'tasks are stopped by their tag': ['ecs:StopTask', { Null: { 'aws:ResourceTag/dev.mayfly.worker': 'false' } }],
    'security groups are tagged as they are made alone': [
      'ec2:CreateTags',
      { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } },
    ],
    'the cluster goes only if it is ours': ['ecs:DeleteCluster', { StringEquals: { 'aws:ResourceTag/dev.mayfly.shared': 'cluster' } }],
    'tasks of this cluster are listed': [
      'ecs:ListTasks',
      { ArnLike: { 'ecs:cluster': 'arn:aws:ecs:eu-west-1:123456789012:cluster/mayfly' } },
    ],
  };
  test.each(Object.entries(conditions))('%s', (_name, [action, condition]) => {
    expect(allowing(action).map((one) => one.Condition)).toEqual([condition]);
  });
});

test('partitions by the region’s name', () => {
  expect(['eu-west-1', 'cn-north-1', 'us-gov-west-1', '*'].map(partitionOf)).toEqual(['aws', 'aws-cn', 'aws-us-gov', 'aws']);
});

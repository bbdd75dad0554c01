import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { callsTo, inventory, seedLookalikes } from './lookalikes.js';
import { leaseTerms, make, openCall, specOf } from './make.js';
import { removeWhole, stopWhole } from '../support/whole.js';

describe.skipIf(!motoAvailable())('what is called almost as a worker is', () => {
  let moto: Moto;
  let aws: Aws;
  beforeAll(async () => {
    moto = await startMoto();
    aws = callsTo(moto.env);
  });
  beforeEach(() => moto.reset());
  afterAll(async () => {
    aws?.close();
    await moto?.close();
  });

  test('stays as it was through a whole life, in the same cluster too, which is kept for it', async () => {
    await seedLookalikes(aws, 'one', 'mayfly');
    const theirs = await inventory(moto);
    const { backend } = await make(await openCall(moto.env), specOf('one'));
    await backend.writeLease('one', leaseTerms(specOf('one')), 2_000_000_000);
    expect((await backend.list()).map(({ worker }) => worker)).not.toContain('onex');
    expect((await inventory(moto)).filter((line) => theirs.includes(line))).toEqual(theirs);
    await stopWhole(backend, 'one');
    await removeWhole(backend, 'one');
    expect(await inventory(moto)).toEqual(theirs);
    expect(await backend.tidy({ dryRun: false })).toEqual([]);
    expect((await aws.ecs.listServices({ cluster: 'mayfly' })).serviceArns).toHaveLength(1);
  });

  /** So that the inventory is known to see. */
  const changes: Record<string, (aws: Aws) => Promise<unknown>> = {
    'schedule group mayfly-onex': async ({ scheduler }) => {
      const { Arn } = await scheduler.getScheduleGroup({ Name: 'mayfly-onex' });
      return scheduler.tagResource({ ResourceArn: Arn!, Tags: [{ Key: 'dev.mayfly.worker', Value: 'one' }] });
    },
    'schedule default/mayfly-one': async ({ scheduler }) => {
      const { Name, FlexibleTimeWindow, Target } = await scheduler.getSchedule({ GroupName: 'default', Name: 'mayfly-one' });
      return scheduler.updateSchedule({ Name, FlexibleTimeWindow, Target, ScheduleExpression: 'at(2041-01-01T00:00:00)' });
    },
    'role mayfly-onex-eu-west-1-end': ({ iam }) =>
      iam.putRolePolicy({
        RoleName: 'mayfly-onex-eu-west-1-end',
        PolicyName: 'a',
        PolicyDocument: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
      }),
    'log group /mayfly/onex': ({ logs }) => logs.putRetentionPolicy({ logGroupName: '/mayfly/onex', retentionInDays: 1 }),
    'secret mayfly/onex': ({ secrets }) => secrets.putSecretValue({ SecretId: 'mayfly/onex', SecretString: 'ours' }),
    'security group mayfly-onex': async ({ ec2 }) => {
      const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ Filters: [{ Name: 'group-name', Values: ['mayfly-onex'] }] });
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
      return ec2.authorizeSecurityGroupIngress({ GroupId: SecurityGroups[0]!.GroupId, IpPermissions });
    },
    'service theirs/mayfly-onex': ({ ecs }) =>
      ecs.updateService({ cluster: 'theirs', service: 'mayfly-onex', enableExecuteCommand: true, desiredCount: 2 }),
    'task arn:aws:ecs:eu-west-1:123456789012:task/theirs/': async ({ ecs }) => {
      const { taskArns = [] } = await ecs.listTasks({ cluster: 'theirs' });
      return ecs.stopTask({ cluster: 'theirs', task: taskArns[0] });
    },
    'task definition arn:aws:ecs:eu-west-1:123456789012:task-definition/mayfly-onex:1': ({ ecs }) =>
      ecs.deregisterTaskDefinition({ taskDefinition: 'mayfly-onex:1' }),
  };
  test.each(Object.entries(changes))('a change of it is seen: %s', async (what, change) => {
    await seedLookalikes(aws, 'one');
    const before = await inventory(moto);
    await change(aws);
    const after = await inventory(moto);
    expect(after).toHaveLength(before.length);
    expect(after.filter((line) => !before.includes(line)).map((line) => line.slice(0, what.length))).toEqual([what]);
  });
});

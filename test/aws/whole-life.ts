import { expect } from 'vitest';
import { sweep } from '../../src/lease/sweep.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { examine } from '../../src/worker/doctor.js';
import { extendWorker } from '../../src/worker/extend.js';
import type { Call } from '../../src/worker/call.js';
import { collector } from '../contract/backend.js';
import type { Moto } from '../support/moto/index.js';
import { callsTo } from './lookalikes.js';
import { leaseTerms, make, specOf } from './make.js';
import { say } from './say.js';

/** What is changed in a worker that lives: who reaches it, and what its engine is. */
const changed = { access: { cidrs: ['198.51.100.0/24'] }, engine: { image: 'alpine:3.21', command: ['serve'], port: 8080 } };

/** What somebody does to a worker by hand: the next apply makes it what it was. */
async function tamper(moto: Moto): Promise<void> {
  const aws = callsTo(moto.env);
  const RoleName = 'mayfly-one-eu-west-1-task';
  await aws.iam.updateRole({ RoleName, Description: 'theirs' });
  const { Role } = await aws.iam.getRole({ RoleName: 'mayfly-one-eu-west-1-end' });
  await aws.iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: decodeURIComponent(Role!.AssumeRolePolicyDocument!) });
  const { SecurityGroups = [] } = await aws.ec2.describeSecurityGroups({ Filters: [{ Name: 'group-name', Values: ['mayfly-one'] }] });
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 25, ToPort: 25, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }];
  await aws.ec2.authorizeSecurityGroupEgress({ GroupId: SecurityGroups[0]!.GroupId, IpPermissions });
  aws.close();
}

/** All that mayfly does to workers on AWS: made, changed, looked at, extended, destroyed; the next one swept when it is over, and tidied after. */
export async function wholeLife(call: Call, moto: Moto): Promise<void> {
  const { backend } = await make(call, specOf('one'));
  await say(moto, 'engine', ['a line']);
  await backend.readiness('one', specOf('one'));
  await backend.address!('one');
  const now = Math.ceil(Date.now() / 1000);
  await backend.writeLease('one', leaseTerms(specOf('one')), now + 3600);
  await extendWorker(call, 'one', 600, 'aws');
  await tamper(moto);
  const { plan } = await make(call, specOf('one', changed));
  expect(plan.changes.filter(({ action }) => action === 'update').map(({ address }) => address)).toEqual(
    expect.arrayContaining(['aws_ecs_service.engine', 'aws_iam_role.task', 'aws_security_group.network']),
  );
  await backend.recoverVariables('one');
  const out = collector().stream;
  await backend.logs('one', 'engine', { follow: false, tail: null, since: null }, { stdout: out, stderr: out }, call.stop);
  await examine({ ...call, settings: { ...call.settings, backend: 'aws' } });
  await destroyWorker(call, 'one', { backend: 'aws' });
  await make(call, specOf('two'));
  // AWS tells its clock to the second.
  await backend.writeLease('two', leaseTerms(specOf('two')), now - 10);
  const { workers, tidied } = await sweep({ backend, layout: call.layout, clock: call.clock, dryRun: false, lockTimeout: 0 });
  expect(workers).toMatchObject([{ worker: 'two', reason: 'expired', error: null }]);
  expect(tidied).toEqual(['mayfly']);
}

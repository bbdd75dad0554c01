import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions, freeCalls } from '../../src/backends/aws/actions.js';
import { type AwsProxy, startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { iamAction } from './iam-action.js';
import { openQuick } from './quick.js';
import { throttled } from './replies.js';
import { wholeLife } from './whole-life.js';

const tags = 'AWS asks for it with the call that makes a tagged one';

/** Allowed, and called by nobody here. */
const notCalled: Record<string, string> = {
  'ecs:TagResource': tags,
  'scheduler:DeleteSchedule': 'a schedule goes with its group, and alone only where it is replaced',
  'iam:TagRole': tags,
  'iam:DeleteRolePermissionsBoundary': 'only where somebody put a boundary on the role by hand',
  'secretsmanager:UpdateSecret': 'only where somebody changed the description of a secret by hand',
  'iam:PassRole': 'AWS asks for it with a task definition and a schedule that name a role',
  'iam:CreateServiceLinkedRole': 'AWS asks for it with the first service of an account',
  'logs:TagResource': tags,
  'secretsmanager:TagResource': tags,
  'ec2:CreateTags': tags,
};

describe.skipIf(!motoAvailable())('a whole life, in which every call is throttled the first time', () => {
  let moto: Moto;
  let proxy: AwsProxy;
  let slept = 0;
  const told: string[] = [];
  const made = () => new Set(proxy.calls.map(({ action }) => iamAction(action)));

  beforeAll(async () => {
    moto = await startMoto();
    proxy = await startAwsProxy(moto.url, ({ action, moment }) => {
      const call = iamAction(action);
      if (moment !== 'before' || told.includes(call)) return undefined;
      told.push(call);
      return throttled(call);
    });
    const { call, clock } = await openQuick({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });
    await wholeLife(call, moto);
    slept = clock.slept;
  });
  afterAll(async () => {
    await proxy?.close();
    await moto?.close();
  });

  test('goes on to its end, and leaves nothing', async () => {
    expect(told.length).toBeGreaterThan(40);
    expect(slept).toBeGreaterThan(told.length * 50);
    expect((await moto.inventory()).filter((line) => line.includes('mayfly'))).toEqual([]);
  });

  test('makes no call that the least policy does not allow', () => {
    expect([...made()].filter((call) => !(call in actions) && !freeCalls.includes(call))).toEqual([]);
  });

  test('makes every call that it allows, but for those that something else makes', () => {
    const calls = made();
    expect(
      Object.keys(actions)
        .filter((action) => !calls.has(action))
        .sort(),
    ).toEqual(Object.keys(notCalled).sort());
  });
});

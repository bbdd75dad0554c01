import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import { dueReason } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import type { Call } from '../../src/worker/call.js';
import { type AwsProxy, startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { fireDue } from './due.js';
import { callsTo } from './lookalikes.js';
import { leaseTerms, make, openCall, specOf } from './make.js';

describe.skipIf(!motoAvailable())('when a worker ends', () => {
  let moto: Moto;
  let proxy: AwsProxy;
  let aws: Aws;
  let call: Call;
  beforeAll(async () => {
    moto = await startMoto();
    proxy = await startAwsProxy(moto.url);
    aws = callsTo(moto.env);
  });
  beforeEach(async () => {
    await moto.reset();
    call = await openCall({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });
  });
  afterAll(async () => {
    aws?.close();
    await proxy?.close();
    await moto?.close();
  });

  test('a schedule that is moved stays what it was in all else: an update sets what it does not name to nothing', async () => {
    const { backend } = await make(call, specOf('one'));
    const made = proxy.calls.filter(({ action }) => action.startsWith('scheduler:POST /schedules/')).map(({ body }) => whole(body));
    const before = proxy.calls.length;
    await backend.writeLease('one', leaseTerms(specOf('one')), 2_000_000_000);
    const moved = proxy.calls.slice(before).filter(({ action }) => action.startsWith('scheduler:PUT /schedules/'));
    expect(moved.map(({ action }) => action.split('/').at(-1)).sort()).toEqual(['end', 'end-again']);
    for (const { body } of moved) {
      const said = whole(body);
      expect(said).toMatchObject({
        GroupName: 'mayfly-one',
        ScheduleExpression: expect.stringMatching(/^at\(2033-05-18T03:(33|43):20\)$/) as string,
        ScheduleExpressionTimezone: 'UTC',
        State: 'ENABLED',
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:ecs:deleteService',
          RoleArn: 'arn:aws:iam::123456789012:role/mayfly/mayfly-one-eu-west-1-end',
          Input: '{"Cluster":"mayfly","Service":"mayfly-one","Force":true}',
          RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
        },
      });
      // As it was made, but for its time.
      expect(made.map(({ Target }) => Target)).toContainEqual(said.Target);
    }
  });

  test('schedules that are due end what they name, and no other; a sweep removes the rest', async () => {
    const { backend } = await make(call, specOf('one'));
    await make(call, specOf('two'));
    const now = Math.ceil(Date.now() / 1000);
    await backend.writeLease('one', leaseTerms(specOf('one')), now + 120);
    await backend.writeLease('two', leaseTerms(specOf('two')), now + 7200);
    expect(await fireDue(aws, (now + 119) * 1000)).toEqual([]);
    expect(await fireDue(aws, (now + 120) * 1000)).toEqual(['mayfly-one/end']);
    expect((await backend.list('one')).filter(({ status }) => status !== 'present')).toEqual([]);
    expect((await backend.list('two')).find(({ type }) => type === 'aws_ecs_service')?.status).toBe('running');
    expect(await fireDue(aws, (now + 720) * 1000)).toEqual(['mayfly-one/end-again']);
    const late = { ...backend, clockSkew: () => Promise.resolve(121_000) };
    const { workers } = await sweep({ backend: late, layout: call.layout, clock: call.clock, dryRun: false, lockTimeout: 0 });
    expect(workers).toMatchObject([{ worker: 'one', reason: 'expired', error: null }]);
    expect(new Set((await backend.list()).map(({ worker }) => worker))).toEqual(new Set(['two']));
  });

  test('a lease that is over already: its schedules are a minute ahead, since AWS takes no time that has passed', async () => {
    const { backend } = await make(call, specOf('one'));
    const now = Math.ceil(Date.now() / 1000);
    await backend.writeLease('one', leaseTerms(specOf('one')), now - 100);
    expect(dueReason(await backend.list('one'), Date.now())).toBe('expired');
    expect(await fireDue(aws, (now + 30) * 1000)).toEqual([]);
    expect(await fireDue(aws, (now + 90) * 1000)).toEqual(['mayfly-one/end']);
  });
});

function whole(body: string) {
  return JSON.parse(body) as { Target: object; [key: string]: unknown };
}

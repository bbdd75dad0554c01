import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type AwsProxy, startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { hideOnce } from './hide.js';
import { make, specOf } from './make.js';
import { openQuick } from './quick.js';
import { removeWhole } from '../support/whole.js';

describe.skipIf(!motoAvailable())('what was made is not seen by the first that looks for it', () => {
  let moto: Moto;
  let proxy: AwsProxy | undefined;
  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(() => moto.reset());
  afterEach(() => proxy?.close());
  afterAll(() => moto?.close());

  const open = async (hiding: ReturnType<typeof hideOnce>) => {
    proxy = await startAwsProxy(moto.url, hiding.onCall);
    return openQuick({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });
  };
  /** What there is of the worker, by its name alone. */
  const names = async () =>
    (await moto.inventory()).filter((line) => line.includes('mayfly')).map((line) => line.split(' {')[0]!.split(' [')[0]);

  test('made again and again, it is one worker still, and ended whole', async () => {
    const hiding = hideOnce();
    const { call, backend } = await open(hiding);
    const { plan } = await make(call, specOf('one'));
    const first = await names();
    await make(call, specOf('one'));
    // What is a part of something is looked for once that is seen.
    await make(call, specOf('one'));
    expect(hiding.left()).toEqual([]);
    const values = plan.changes.filter(({ address }) => address.startsWith('aws_secretsmanager_secret_version.'));
    expect(hiding.hidden).toHaveLength(plan.changes.length - values.length + 1);
    expect(await names()).toEqual(first);
    const { plan: again } = await make(call, specOf('one'), 'plan');
    expect(again.changes.filter(({ action }) => action !== 'none')).toEqual([]);
    await removeWhole(backend, 'one');
    expect(await names()).toEqual(['cluster mayfly']);
  });

  test('a service that AWS does not tell yet has not gone', async () => {
    const { call, backend } = await open(hideOnce(/^ecs:CreateService$/));
    await make(call, specOf('one'));
    expect(await backend.readiness('one', specOf('one'))).toMatchObject({ failed: null });
  });
});

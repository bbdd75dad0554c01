import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Call } from '../../src/worker/call.js';
import { applyWorker } from '../../src/worker/apply.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { noKeeper } from '../support/fake-call.js';
import { make, openCall, specOf } from './make.js';
import { openQuick } from './quick.js';

describe.skipIf(!motoAvailable())('a first plan that is approved late', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(() => moto.reset());
  afterAll(() => moto?.close());

  /** Applies, with an approval that takes so many seconds. @returns how often it was planned */
  async function approvedAfter(seconds: number, meanwhile = () => Promise.resolve()): Promise<number> {
    const { call, clock } = await openQuick(moto.env);
    let plans = 0;
    const counting: Call['synthesize'] = (input) => {
      plans += 1;
      return call.synthesize(input);
    };
    await applyWorker({ ...call, clock, keeper: noKeeper, synthesize: counting }, specOf('one'), {
      ...{ backend: 'aws', strict: false },
      async approve() {
        clock.slept += seconds * 1000;
        await meanwhile();
        return true;
      },
    });
    return plans;
  }

  test('is made again under the lock, since its latest end counts from the plan', async () => {
    expect(await approvedAfter(600)).toBe(2);
  });

  test('is refused when the worker was made by another machine meanwhile', async () => {
    const another = async () => void (await make(await openCall(moto.env), specOf('one')));
    await expect(approvedAfter(600, another)).rejects.toMatchObject({ code: 'plan_stale' });
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsBackend } from '../../src/backends/aws/index.js';
import { systemClock } from '../../src/clock.js';
import { driverContract } from '../contract/driver.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { kinds } from './kinds.js';
import { driverSubject } from './subjects.js';

describe.skipIf(!motoAvailable())('on the emulator', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.close());

  test('holds every driver', () => {
    const drivers = Object.keys(awsBackend({ env: moto.env, clock: systemClock }).drivers);
    expect(Object.keys(kinds).sort()).toEqual(drivers.sort());
  });

  for (const type of Object.keys(kinds)) driverContract(type, () => driverSubject(type, moto));
});

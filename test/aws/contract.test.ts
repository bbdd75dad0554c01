import { afterAll, beforeAll, describe } from 'vitest';
import { driverContract } from '../contract/driver.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { driverSubject, kinds } from './subjects.js';

describe.skipIf(!motoAvailable())('on the emulator', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.close());

  for (const type of Object.keys(kinds)) driverContract(type, () => driverSubject(type, moto));
});

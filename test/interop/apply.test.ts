import { beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { interopAvailable } from '../support/terraform.js';
import { leftOf, noChanges, planOf, worker } from '../docker/support.js';
import { specs } from './specs.js';
import { dismissKeeper, terraform } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

describe.skipIf(!available)('what mayfly has applied is what terraform would have', () => {
  beforeAll(() => {
    expect(Object.keys(specs).length).toBeGreaterThanOrEqual(3);
  });

  test.for(Object.keys(specs))('%s', async (title) => {
    const one = await worker(await specs[title]!());
    await one.apply();
    await terraform(one.directory, 'init');
    await terraform(one.directory, 'plan', '-detailed-exitcode');
    expect(await planOf(one)).toEqual(noChanges);
    await dismissKeeper(one);
    await terraform(one.directory, 'destroy', '-auto-approve');
    expect(await leftOf(one.name)).toEqual([`volume mayfly-${one.name}-lease-1`]);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

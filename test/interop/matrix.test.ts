import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { interopAvailable } from '../support/terraform.js';
import { inspectOf, leftOf, noChanges, planOf } from '../docker/support.js';
import { specs } from './specs.js';
import { dismissKeeper, interopWorker, terraform } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

describe.skipIf(!available)('what one applier has made is what the other would have', () => {
  test.for(Object.keys(specs))('embedded, then terraform: %s', async (title) => {
    const one = await interopWorker(await specs[title]!());
    await one.apply();
    await terraform(one.directory, 'init');
    await terraform(one.directory, 'plan', '-detailed-exitcode');
    await dismissKeeper(one);
    await terraform(one.directory, 'destroy', '-auto-approve');
    expect(await leftOf(one.name)).toEqual([`volume mayfly-${one.name}-lease-1`]);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test.for(Object.keys(specs))('terraform, then embedded: %s', async (title) => {
    const spec = await specs[title]!();
    const one = await interopWorker(spec);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    expect(await planOf(one)).toEqual(noChanges);
    const before = await inspectOf(one.name, 'engine');
    const memory = Number(spec['memory']) + 8;
    await one.edit({ memory });
    expect(await planOf(one)).toMatchObject({ changes: ['update docker_container.engine'] });
    await one.apply();
    const { Id, HostConfig } = await inspectOf(one.name, 'engine');
    expect({ Id, memory: HostConfig.Memory }).toEqual({ Id: before.Id, memory: memory * 2 ** 20 });
    expect(await planOf(one, { applier: 'terraform' })).toEqual(noChanges);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.js';
import { dockerAvailable } from '../support/docker.js';
import { interopAvailable } from '../support/terraform.js';
import { inspectOf, leftOf, noChanges, planOf, readJson, small, type Worker, worker } from '../docker/support.js';
import { specs } from './specs.js';
import { dismissKeeper, terraform } from './support.js';

const available = dockerAvailable() && (await interopAvailable());
const MiB = 2 ** 20;

/** A worker's directory as mayfly would make it, without anything being applied. */
async function synthesized(one: Worker): Promise<void> {
  const saved = join(one.machine.home, 'plan.json');
  await one.must(['plan', 'SPEC', '--out', saved]);
  const { stack } = await readJson<Plan>(saved);
  // Where its spec came from is unknown, as of a worker that no mayfly has made.
  const variables = Object.fromEntries(Object.keys(stack.variable ?? {}).map((name) => [name, name === 'origin' ? '' : randomUUID()]));
  await mkdir(one.directory, { recursive: true, mode: 0o700 });
  await writeFile(join(one.directory, 'cdk.tf.json'), JSON.stringify(stack, null, 2));
  await writeFile(join(one.directory, 'terraform.tfvars.json'), JSON.stringify(variables));
}

describe.skipIf(!available)('two appliers, one worker', () => {
  test('what terraform made mayfly finds complete, changes in place, and terraform agrees', async () => {
    // As long as a worker of mayfly's lives, the bridge that the stack only joins stays.
    const anchor = await worker(small);
    await anchor.apply();
    const spec = await specs['containers, a service, volumes and awkward texts']!();
    const one = await worker(spec);
    await synthesized(one);
    await terraform(one.directory, 'init');
    await terraform(one.directory, 'apply', '-auto-approve');
    expect(await planOf(one)).toEqual(noChanges);

    const before = await inspectOf(one.name, 'engine');
    await one.edit({ memory: 96 });
    expect(await planOf(one)).toMatchObject({ changes: ['update docker_container.engine'] });
    await one.apply();
    const after = await inspectOf(one.name, 'engine');
    expect({ id: after.Id, memory: after.HostConfig.Memory, swap: after.HostConfig.MemorySwap }).toEqual({
      id: before.Id,
      memory: 96 * MiB,
      swap: 96 * MiB,
    });
    await terraform(one.directory, 'plan', '-detailed-exitcode');

    await dismissKeeper(one);
    await terraform(one.directory, 'destroy', '-auto-approve');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('what terraform changed of what mayfly made is no change to mayfly', async () => {
    const one = await worker(small);
    await one.apply();
    const stack = await readJson<Plan['stack']>(one.directory, 'cdk.tf.json');
    const engine = stack.resource!['docker_container']!['engine']!;
    Object.assign(engine, { memory: 48, memory_swap: 48 });
    await writeFile(join(one.directory, 'cdk.tf.json'), JSON.stringify(stack));
    await terraform(one.directory, 'init');
    await terraform(one.directory, 'apply', '-auto-approve');
    await one.edit({ memory: 48 });
    expect(await planOf(one)).toEqual(noChanges);
    await one.apply();
    await terraform(one.directory, 'plan', '-detailed-exitcode');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { interopAvailable } from '../support/terraform.js';
import { leftOf, noChanges, planOf, small, readJson } from '../docker/support.js';
import { specs } from './specs.js';
import { dismissKeeper, interopWorker, terraform } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

describe.skipIf(!available)('synth writes what terraform takes by itself', () => {
  test('init and apply make the worker; mayfly sees it, and gc ends it by its labels when it is due', async () => {
    // As long as a worker of mayfly's lives, the bridge that the stack only joins stays.
    const anchor = await interopWorker(small);
    await anchor.apply();
    const one = await interopWorker(await specs['containers, a service, volumes and awkward texts']!());
    const out = join(one.machine.home, 'stack');
    await one.must(['synth', 'SPEC', '--out', out]);
    const variables = await readJson<Record<string, string>>(out, 'terraform.tfvars.json');
    const names = ['asks', 'dispatcher', 'group_id', 'origin', 'remote_key', 'run_id', 'runner', 'self_key', 'spec_name', 'until'];
    expect(Object.keys(variables).sort()).toEqual(names);
    // Terraform may make it much later.
    expect(variables['until']).toBe('');
    for (const file of ['cdk.tf.json', 'terraform.tfvars.json']) expect((await stat(join(out, file))).mode & 0o077).toBe(0);
    const readme = await readFile(join(out, 'README.md'), 'utf8');
    for (const said of ['lease', 'keeper', 'mayfly gc', 'ready', one.name]) expect(readme.toLowerCase()).toContain(said);
    const { spec_name: _name, asks: _asks, ...secrets } = variables;
    for (const secret of Object.values(secrets).filter(Boolean)) expect(readme).not.toContain(secret);

    await terraform(out, 'init');
    await terraform(out, 'apply', '-auto-approve');
    expect((await one.must(['list'])).stdout).toContain(one.name);
    expect(await planOf(one)).toMatchObject({ code: 0, changes: [] });
    // Drawn once: another synth is no change.
    await one.must(['synth', 'SPEC', '--out', out]);
    await terraform(out, 'plan', '-detailed-exitcode');

    const gc = async (seconds: number) => {
      const proxy = await startDockerProxy({ shows: (worker) => worker === one.name, ahead: seconds * 1000 });
      await one.must(['gc'], { env: { DOCKER_HOST: proxy.host } });
      await proxy.close();
    };
    await gc(600);
    expect((await leftOf(one.name)).length).toBeGreaterThan(3);
    await gc(600 + 60 + 5);
    expect(await leftOf(one.name)).toEqual([]);
    await dismissKeeper(anchor);
  });

  test('adopted by its labels, it is a worker like others', async () => {
    const anchor = await interopWorker(small);
    await anchor.apply();
    const one = await interopWorker(small);
    const out = join(one.machine.home, 'stack');
    await one.must(['synth', 'SPEC', '--out', out]);
    await terraform(out, 'init');
    await terraform(out, 'apply', '-auto-approve');
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    expect(await planOf(one)).toEqual(noChanges);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

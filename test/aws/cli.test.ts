import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killKeeper } from '../kill/processes.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { type Machine, machine, mustRunCli, runCli } from '../support/run-cli.js';
import { currentLease } from '../../src/lease/deadline.js';
import { labelKeys } from '../../src/labels.js';
import { fireDue } from './due.js';
import { callsTo } from './lookalikes.js';
import { fullSpec, leaseLabels, openHouse, specEnv, specOf } from './make.js';

describe.skipIf(!motoAvailable())('the command line on AWS', () => {
  let moto: Moto;
  let here: Machine;
  let file: string;
  const mayfly = (...args: string[]) => mustRunCli([...args], { machine: here, env: { ...moto.env, ...specEnv } });
  const everything = async () => (await (await openHouse(moto.env)).openBackend('aws')).list();

  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(async () => {
    await moto.reset();
    here = await machine();
    file = join(here.home, 'one.json');
    await writeFile(file, JSON.stringify(fullSpec));
  });
  afterAll(() => moto?.close());

  test('plan, apply, access, show, extend, destroy: nothing is left', async () => {
    expect(await mayfly('plan', file)).toContain('Plan: 16 to add');
    expect(await everything()).toEqual([]);
    await mayfly('apply', file, '--auto-approve');
    const output = JSON.parse(await mayfly('output', 'one', '--json')) as { access: { value: { addresses: string[]; port: number } } };
    expect(output.access.value).toMatchObject({ port: 8080, addresses: [expect.stringMatching(/^\d+(\.\d+){3}$/)] });
    expect((await runCli(['plan', file, '--detailed-exitcode'], { machine: here, env: { ...moto.env, ...specEnv } })).code).toBe(0);
    expect(await mayfly('show', 'one', '--backend', 'aws')).toContain('EventBridge Scheduler');
    await mayfly('extend', 'one', '10m', '--backend', 'aws');
    await mayfly('destroy', 'one', '--auto-approve', '--backend', 'aws');
    expect(await everything()).toEqual([]);
    await killKeeper(here);
  });

  test('synth writes no secret down that AWS alone is to keep, and says what to give instead', async () => {
    const out = join(here.home, 'stack');
    const synth = () => mustRunCli(['synth', file, '--out', out], { machine: here, env: { ...moto.env, TOKEN: 'hush-hush' } });
    await synth();
    const variables = JSON.parse(await readFile(join(out, 'terraform.tfvars.json'), 'utf8')) as Record<string, string>;
    const names = ['address', 'ends_again_at', 'ends_at', 'group_id', 'remote_key', 'run_id', 'secrets_version', 'self_key'];
    expect(Object.keys(variables).sort()).toEqual(names);
    const readme = await readFile(join(out, 'README.md'), 'utf8');
    expect(readme).toContain('TF_VAR_secret_env=');
    expect(readme).toContain('TF_VAR_pull_db=');
    for (const name of await readdir(out)) {
      const text = await readFile(join(out, name), 'utf8');
      for (const secret of ['hush-hush', 'pull password']) expect(text, name).not.toContain(secret);
    }
    await synth();
    const again = JSON.parse(await readFile(join(out, 'terraform.tfvars.json'), 'utf8')) as Record<string, string>;
    expect(again).toMatchObject({ remote_key: variables['remote_key'], secrets_version: variables['secrets_version'] });
  });

  test('applied over what its schedule left of an earlier life: that goes first, and a whole life begins', async () => {
    await mayfly('apply', file, '--auto-approve');
    await killKeeper(here);
    const ended = Math.ceil(Date.now() / 1000) - 1;
    const backend = await (await openHouse(moto.env)).openBackend('aws');
    await backend.writeLease('one', leaseLabels(specOf('one')), ended);
    const aws = callsTo(moto.env);
    expect(await fireDue(aws, (ended + 90) * 1000)).toEqual(['mayfly-one/end']);
    const left = await everything();
    expect(left.map(({ type }) => type)).toContain('aws_iam_role');
    expect(await mayfly('plan', file)).toContain('Plan: 16 to add');
    await mayfly('apply', file, '--auto-approve');
    const lease = currentLease(await everything());
    expect(Number(lease?.labels[labelKeys.ends])).toBeGreaterThan(ended + fullSpec.max_duration - 60);
    // Its schedules too: the first one had fired, and was gone.
    expect(await fireDue(aws, (ended + 900) * 1000)).toEqual([]);
    expect(await fireDue(aws, (ended + 2 * fullSpec.max_duration) * 1000)).toEqual(['mayfly-one/end', 'mayfly-one/end-again']);
    await mayfly('destroy', 'one', '--auto-approve', '--backend', 'aws');
    expect(await everything()).toEqual([]);
    await killKeeper(here);
  });

  test('found, extended and ended by a machine that knows nothing of it', async () => {
    await mayfly('apply', file, '--auto-approve');
    await killKeeper(here);
    here = await machine();
    expect(await mayfly('list', '--backend', 'aws')).toContain('one');
    await mayfly('extend', 'one', '10m', '--backend', 'aws');
    await mayfly('destroy', 'one', '--auto-approve', '--backend', 'aws');
    expect(await everything()).toEqual([]);
    await killKeeper(here);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killKeeper } from '../kill/processes.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { type Machine, machine, mustRunCli, runCli } from '../support/run-cli.js';
import { fullSpec, openHouse, specEnv } from './make.js';

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

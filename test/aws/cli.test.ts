import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killKeeper } from '../support/processes.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { type Machine, machine, mustRunCli, runCli } from '../support/run-cli.js';
import { wallTime } from '../../src/backends/aws/names.js';
import { currentLease } from '../../src/lease/deadline.js';
import { fireDue, leaseOn } from './due.js';
import { callsTo } from './lookalikes.js';
import { fullSpec, leaseTerms, openCall, specEnv, specOf } from './make.js';

const atTime = (seconds: number) => `at(${wallTime(seconds * 1000)})`;

describe.skipIf(!motoAvailable())('the command line on AWS', () => {
  let moto: Moto;
  let here: Machine;
  let file: string;
  /** In given subnets a task has a public address only where the spec asks for it. */
  let env: Record<string, string>;
  const mayfly = (...args: string[]) => mustRunCli([...args], { machine: here, env });
  const everything = async () => (await (await openCall(moto.env)).openNode('aws')).list();

  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(async () => {
    await moto.reset();
    const { Subnets = [] } = await callsTo(moto.env).ec2.describeSubnets({});
    env = { ...moto.env, ...specEnv, MAYFLY_AWS_SUBNETS: Subnets.map(({ SubnetId }) => SubnetId).join(',') };
    here = await machine();
    file = join(here.home, 'one.json');
    await writeFile(file, JSON.stringify(fullSpec));
  });

  /** Where `output` says that it is reached, and the addresses that AWS says its task's interface has. */
  async function addresses() {
    const output = JSON.parse(await mayfly('output', 'one', '--json')) as { access: { value: { addresses: string[]; port: number } } };
    expect(output.access.value.port).toBe(8080);
    const [ours, ...others] = (await callsTo(moto.env).ec2.describeNetworkInterfaces({})).NetworkInterfaces ?? [];
    expect(others).toEqual([]);
    return { told: output.access.value.addresses, own: ours!.PrivateIpAddress, open: ours!.Association?.PublicIp };
  }
  afterAll(() => moto?.close());

  test('plan, apply, public access, show, extend, destroy: nothing is left', async () => {
    await writeFile(file, JSON.stringify({ ...fullSpec, access: { ...fullSpec.access, public: true } }));
    expect(await mayfly('plan', file)).toContain('Plan: 16 to add');
    expect(await everything()).toEqual([]);
    const from = Math.floor(Date.now() / 1000);
    await mayfly('apply', file, '--auto-approve');
    // From ready on, and no longer by what it had at its birth, which is create_timeout more.
    const { ends, ...times } = await leaseOn(moto, 'one');
    expect(ends).toBeGreaterThanOrEqual(from + fullSpec.max_duration);
    expect(ends).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + fullSpec.max_duration);
    expect(times).toEqual({ end: atTime(ends), 'end-again': atTime(ends + 600) });
    const { told, open } = await addresses();
    expect(open).toMatch(/^\d+(\.\d+){3}$/);
    expect(told).toEqual([open]);
    expect((await runCli(['plan', file, '--detailed-exitcode'], { machine: here, env })).code).toBe(0);
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
    const names = [
      'address',
      'asks',
      'dispatcher',
      'ends_again_at',
      'ends_at',
      'group_id',
      'origin',
      'owner',
      'remote_key',
      'run_id',
      'secrets_version',
      'self_key',
      'spec_name',
      'until',
    ];
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

  /** With nobody there who would notice. @returns when its lease ended */
  async function applyAndExpire(): Promise<number> {
    await mayfly('apply', file, '--auto-approve');
    await killKeeper(here);
    const ended = Math.ceil(Date.now() / 1000) - 10;
    const backend = await (await openCall(moto.env)).openNode('aws');
    await backend.writeLease('one', leaseTerms(specOf('one')), ended);
    return ended;
  }

  test('applied over what its schedule left of an earlier life: that goes first, and a whole life begins', async () => {
    const ended = await applyAndExpire();
    const aws = callsTo(moto.env);
    expect(await fireDue(aws, (ended + 90) * 1000)).toEqual(['mayfly-one/end']);
    const left = await everything();
    expect(left.map(({ type }) => type)).toContain('aws_iam_role');
    expect(await mayfly('plan', file)).toContain('Plan: 16 to add');
    await mayfly('apply', file, '--auto-approve');
    const lease = currentLease(await everything());
    expect(lease?.endsAt).toBeGreaterThan((ended + fullSpec.max_duration - 60) * 1000);
    // Its schedules too: the first one had fired, and was gone.
    expect(await fireDue(aws, (ended + 900) * 1000)).toEqual([]);
    expect(await fireDue(aws, (ended + 2 * fullSpec.max_duration) * 1000)).toEqual(['mayfly-one/end', 'mayfly-one/end-again']);
    await mayfly('destroy', 'one', '--auto-approve', '--backend', 'aws');
    expect(await everything()).toEqual([]);
    await killKeeper(here);
  });

  test('what its schedules leave is shown by doctor and removed by gc, elsewhere too', async () => {
    const ended = await applyAndExpire();
    expect(await fireDue(callsTo(moto.env), (ended + 900) * 1000)).toEqual(['mayfly-one/end', 'mayfly-one/end-again']);
    const left = await everything();
    expect(left.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['aws_iam_role', 'aws_security_group', 'aws_secretsmanager_secret']),
    );
    expect(left.map(({ type }) => type)).not.toContain('aws_ecs_service');
    // One that knows nothing, so that it revives no keeper either.
    here = await machine();
    const doctor = () => runCli(['doctor', '--backend', 'aws'], { machine: here, env });
    const shown = await doctor();
    expect(shown.stdout).toMatch(/one: left over on aws .*\n.*mayfly gc/);
    expect(shown.code).toBe(1);
    expect(await everything()).toEqual(left);
    expect((await mayfly('gc', '--backend', 'aws')).split('\n')).toEqual([
      expect.stringMatching(/^ended one on aws \(expired after .+\)$/),
      'removed mayfly, which no worker needs',
      '',
    ]);
    expect(await everything()).toEqual([]);
    expect((await doctor()).stdout).not.toContain('left over on aws');
  });

  test('found, extended and ended by a machine that knows nothing of it', async () => {
    await mayfly('apply', file, '--auto-approve');
    const { told, own, open } = await addresses();
    expect(open).toBeUndefined();
    expect(told).toEqual([own]);
    await killKeeper(here);
    here = await machine();
    expect(await mayfly('list', '--backend', 'aws')).toContain('one');
    const { ends } = await leaseOn(moto, 'one');
    await mayfly('extend', 'one', '10m', '--backend', 'aws');
    expect(await leaseOn(moto, 'one')).toEqual({
      ends: ends + 600,
      end: atTime(ends + 600),
      'end-again': atTime(ends + 1200),
    });
    await mayfly('destroy', 'one', '--auto-approve', '--backend', 'aws');
    expect(await everything()).toEqual([]);
    await killKeeper(here);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import { killKeeper } from '../kill/processes.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { machine, mustRunCli } from '../support/run-cli.js';
import { callsTo } from './lookalikes.js';
import { fullSpec, specEnv } from './make.js';

describe.skipIf(!motoAvailable())('where the engine is reached', () => {
  let moto: Moto;
  let aws: Aws;
  beforeAll(async () => {
    moto = await startMoto();
    aws = callsTo(moto.env);
  });
  beforeEach(() => moto.reset());
  afterAll(async () => {
    aws?.close();
    await moto?.close();
  });

  /** A worker's access after `apply`, and what AWS says of the one interface that its task has. */
  async function made(access: object, env: Record<string, string>) {
    const here = await machine();
    const file = join(here.home, 'one.json');
    await writeFile(file, JSON.stringify({ ...fullSpec, access: { ...fullSpec.access, ...access } }));
    const mayfly = (...args: string[]) => mustRunCli(args, { machine: here, env: { ...moto.env, ...specEnv, ...env } });
    await mayfly('apply', file, '--auto-approve');
    const output = JSON.parse(await mayfly('output', 'one', '--json')) as { access: { value: { addresses: string[] } } };
    await killKeeper(here);
    const [ours, ...others] = (await aws.ec2.describeNetworkInterfaces({})).NetworkInterfaces ?? [];
    expect(others).toEqual([]);
    return { addresses: output.access.value.addresses, own: ours!.PrivateIpAddress, open: ours!.Association?.PublicIp };
  }

  const subnets = async () => {
    const { Subnets = [] } = await aws.ec2.describeSubnets({});
    return { MAYFLY_AWS_SUBNETS: Subnets.map(({ SubnetId }) => SubnetId).join(',') };
  };

  test('at its public address where access.public asks for one', async () => {
    const { addresses, open } = await made({ public: true }, await subnets());
    expect(open).toMatch(/^54\./);
    expect(addresses).toEqual([open]);
  });

  test('at its private one in given subnets without it', async () => {
    const { addresses, own, open } = await made({ public: false }, await subnets());
    expect(open).toBeUndefined();
    expect(own).toMatch(/^\d+(\.\d+){3}$/);
    expect(addresses).toEqual([own]);
  });
});

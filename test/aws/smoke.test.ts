import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsBackend } from '../../src/backends/aws/index.js';
import { systemClock } from '../../src/clock.js';
import { killKeeper } from '../support/processes.js';
import { machine, mustRunCli, runCli } from '../support/run-cli.js';
import { uniqueName } from '../support/temp-dir.js';

/** Real AWS, with the credentials of whoever runs it; docs/aws.md says how. It costs less than a cent, and is capped. */
describe.skipIf(process.env.MAYFLY_AWS_SMOKE !== '1')('on AWS itself', () => {
  test('made, reached, extended, ended; then one whose schedule ends it alone', { timeout: 2_400_000 }, async () => {
    const own = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_') || name.startsWith('MAYFLY_AWS_'));
    // The SDK finds profiles and single sign-on in the real home.
    const env = { ...Object.fromEntries(own), HOME: process.env.HOME };
    const here = await machine();
    const name = uniqueName('smoke');
    const file = join(here.home, `${name}.json`);
    const write = (max_duration: number) =>
      writeFile(
        file,
        JSON.stringify({
          ...{ name, backend: 'aws', max_duration, max_cost: 0.05, cpu: 250, memory: 256, storage: 500 },
          engine: {
            image: process.env.MAYFLY_AWS_SMOKE_IMAGE ?? 'public.ecr.aws/docker/library/busybox:1',
            command: ['httpd', '-f', '-p', '8080'],
            port: 8080,
          },
          access: { public: true, cidrs: [process.env.MAYFLY_AWS_SMOKE_CIDR ?? '0.0.0.0/0'], tls: false },
        }),
      );
    const mayfly = (...args: string[]) => mustRunCli([...args, '--backend', 'aws'], { machine: here, env, timeoutMs: 600_000 });

    await write(600);
    await mayfly('apply', file, '--auto-approve');
    const { access } = JSON.parse(await mayfly('output', name, '--json')) as { access: { value: { addresses: string[]; port: number } } };
    const { addresses, port } = access.value;
    expect((await fetch(`http://${addresses[0]}:${port}/`)).status).toBe(404);
    expect((await runCli(['plan', file, '--backend', 'aws', '--detailed-exitcode'], { machine: here, env, timeoutMs: 120_000 })).code).toBe(
      0,
    );
    await mayfly('extend', name, '5m');
    await mayfly('destroy', name, '--auto-approve');

    await write(120);
    await mayfly('apply', file, '--auto-approve');
    await killKeeper(here);
    // No command runs meanwhile, which would revive a keeper: its schedule deletes the service, and it alone.
    const backend = awsBackend({ env, clock: systemClock });
    const types = async () => (await backend.list(name)).map(({ type }) => type);
    expect(await types()).toContain('aws_ecs_service');
    await expect.poll(types, { timeout: 900_000, interval: 30_000 }).not.toContain('aws_ecs_service');
    expect(await types()).toContain('aws_iam_role');
    await mayfly('gc');
    expect(await types()).toEqual([]);
    backend.close();
  });
});

import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { api, dockerAvailable, images, must } from '../support/docker.js';
import { buildKeeperImage, keeperImage } from '../support/keeper-image.js';
import { type OwnDocker, startOwnDocker } from '../support/own-docker.js';
import { until } from '../support/poll.js';
import { isAlive } from '../support/processes.js';
import { type Machine, machine, mustRunCli, runCli } from '../support/run-cli.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { all } from './classes.js';
import { limiter } from './limit.js';
import { watchDestroyed } from './destroyed.js';

const size = all ? 20 : 6;
/** Seconds that each lives once it is ready: longer than it takes to make all. */
const lives = all ? 60 : 25;
/** Milliseconds that one may be late: the keeper looks again every 5 s, and Docker takes its time to remove all at once. */
const aim = 10_000;

const spec = { max_duration: lives, cpu: 10, memory: 16, storage: 10, engine: { image: images.busybox, command: ['sleep', '100000'] } };

/** A daemon with a keeper inside, and workers of a client that is gone then: state, keeper, every process. */
async function abandoned(docker: OwnDocker): Promise<Map<string, number>> {
  const client = await machine();
  const env = { DOCKER_HOST: docker.host };
  const cli = { machine: client, env };
  await mustRunCli(['keeper', 'install', '--docker'], cli);
  expect((await runCli(['keeper', 'install', '--docker'], cli)).stdout).toContain('is already running');
  const file = join(client.home, 'one.json');
  await writeFile(file, JSON.stringify(spec));
  const prefix = uniqueName('left');
  const some = limiter(4);
  const ends = new Map<string, number>();
  await Promise.all(
    Array.from({ length: size }, (_, i) =>
      some(async () => {
        const name = `${prefix}-${i}`;
        const out = await mustRunCli(['apply', file, '--name', name, '--auto-approve', '--json'], cli);
        const done = out.split('\n').flatMap((line) => (line.includes('"ends":') ? [JSON.parse(line) as { ends: string }] : []));
        ends.set(name, Date.parse(done.at(-1)!.ends));
      }),
    ),
  );
  const { stdout } = await runCli(['show', `${prefix}-0`], cli);
  expect(stdout).toContain('mayfly-keeper inside the daemon');
  await clientGone(client, cli);
  return ends;
}

async function clientGone(client: Machine, cli: Parameters<typeof runCli>[1]): Promise<void> {
  const { stdout } = await runCli(['doctor', '--json'], cli);
  const pid = Number(/pid (\d+)/.exec(stdout)?.[1]);
  process.kill(pid, 'SIGKILL');
  await until('its keeper is gone', () => !isAlive(pid));
  // A thread of the killed process may still end a write.
  await rm(client.stateDir, { recursive: true, force: true, maxRetries: 10 });
}

const ours = async ({ socketPath }: OwnDocker) => {
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.mayfly.worker'] }));
  const containers = await must<unknown[]>('GET', `/containers/json?all=true&filters=${filters}`, undefined, socketPath);
  const { Volumes } = await must<{ Volumes: unknown[] | null }>('GET', `/volumes?filters=${filters}`, undefined, socketPath);
  return containers.length + (Volumes ?? []).length;
};

test.skipIf(!dockerAvailable())(`every client gone: the keeper inside the daemon ends ${size} workers in time`, async () => {
  buildKeeperImage();
  const docker = await startOwnDocker([images.busybox, keeperImage]);
  const ends = await abandoned(docker);
  const destroyed = await watchDestroyed(docker.socketPath);
  await until('all are gone', async () => (await ours(docker)) === 0, { withinMs: 100_000, everyMs: 250 });
  const late = [...ends].map(([worker, end]) => (destroyed.times.get(`mayfly-${worker}-lease-1`) ?? Infinity) - end).sort((a, b) => a - b);
  process.stdout.write(
    `keeper inside the daemon: ${size} workers, late by ${(late[0]! / 1000).toFixed(2)} to ${(late.at(-1)! / 1000).toFixed(2)} s\n`,
  );
  expect(late[0]).toBeGreaterThan(-1000);
  expect(late.at(-1)).toBeLessThan(aim);
});

test.skipIf(!dockerAvailable())('the daemon restarted meanwhile: still', async () => {
  buildKeeperImage();
  const docker = await startOwnDocker([images.busybox, keeperImage]);
  await abandoned(docker);
  await docker.stop();
  await docker.start();
  const running = await api<{ Names: string[] }[]>('GET', '/containers/json', undefined, docker.socketPath);
  expect(running.body.flatMap(({ Names }) => Names)).toContain('/mayfly-keeper');
  await until('all are gone', async () => (await ours(docker)) === 0, { withinMs: 40_000, everyMs: 250 });
});

/** The same daemon as one on another machine has it: its files are not ours. */
async function asRemote({ socketPath }: OwnDocker): Promise<string> {
  const server = createServer((client) => {
    const daemon = connect(socketPath);
    client.pipe(daemon).pipe(client);
    for (const socket of [client, daemon]) socket.on('error', () => [client, daemon].forEach((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.skipIf(!dockerAvailable())('an engine of a remote daemon runs commands in its containers through the keeper inside', async () => {
  buildKeeperImage();
  const docker = await startOwnDocker([images.busybox, images.engine, keeperImage]);
  const client = await machine();
  const cli = { machine: client, env: { DOCKER_HOST: await asRemote(docker) } };
  const request = JSON.stringify({
    ...{ version: '0.11.0', image: images.engine, max_duration: 600, cpu: 100, memory: 64, storage: 64 },
    volumes: [{ name: 'share', storage: 16 }],
    containers: [
      { name: 'box', image: images.busybox, cpu: 100, memory: 32, storage: 32, mounts: [{ name: 'share', mount_point: '/mnt/share' }] },
    ],
  });
  const name = uniqueName('remote');
  const refused = await runCli(['plan', '-', '--name', name], { ...cli, input: request });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('start a keeper inside the daemon');
  await mustRunCli(['keeper', 'install', '--docker'], { ...cli, env: { DOCKER_HOST: docker.host } });
  await mustRunCli(['apply', '-', '--name', name, '--auto-approve'], { ...cli, input: request });
  const log = await until('the engine has tried it all', async () => {
    const { stdout } = await runCli(['logs', name], cli);
    return stdout.includes('all done') && stdout;
  });
  for (const line of ['in box: from the engine', 'in box: exit 3', 'docker ps was refused', 'docker run was refused'])
    expect(log).toContain(`${line}\n`);
  await mustRunCli(['destroy', name, '--auto-approve'], cli);
  expect(await ours(docker)).toBe(0);
  await clientGone(client, cli);
});

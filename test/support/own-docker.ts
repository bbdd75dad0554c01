import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { api, dockerSocket, must } from './docker.js';
import { until } from './poll.js';
import { afterTest, tempDir } from './temp-dir.js';

/** A daemon of a test's own, to be stopped and started again. */
export interface OwnDocker {
  socketPath: string;
  host: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts it with images of the daemon that tests use. Nothing that it publishes is reached from here. */
export async function startOwnDocker(images: readonly string[]): Promise<OwnDocker> {
  const directory = await tempDir('daemon');
  const socketPath = join(directory, 'docker.sock');
  const data = join(directory, 'data');
  await mkdir(data, { recursive: true });
  let daemon: ChildProcess;

  const stop = async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
  };
  const start = async () => {
    const where = {
      host: `unix://${socketPath}`,
      'data-root': data,
      'exec-root': join(directory, 'exec'),
      pidfile: join(directory, 'pid'),
    };
    const args = Object.entries(where).flatMap(([name, value]) => [`--${name}`, value]);
    // In a network of its own: without a default bridge it would take away the other daemon's.
    daemon = spawn(
      'unshare',
      [
        '--net',
        'sh',
        '-c',
        'busybox ip link set lo up && exec dockerd "$@"',
        'dockerd',
        ...args,
        '--bridge',
        'none',
        '--iptables=false',
        '--storage-driver',
        'overlay2',
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const log = createWriteStream(join(directory, 'log'), { flags: 'a' });
    daemon.stdout!.pipe(log, { end: false });
    daemon.stderr!.pipe(log, { end: false });
    await until('the daemon answers', async () => (await api('GET', '/_ping', undefined, socketPath).catch(() => null))?.status === 200, {
      withinMs: 60_000,
    });
  };
  await start();
  afterTest(async () => {
    const { body } = await api<{ Id: string }[]>('GET', '/containers/json?all=true', undefined, socketPath).catch(() => ({ body: [] }));
    for (const { Id } of body) await api('DELETE', `/containers/${Id}?force=true&v=true`, undefined, socketPath);
    await stop();
  });
  for (const image of images) await copyImage(image, socketPath);
  return { socketPath, host: `unix://${socketPath}`, stop, start };
}

/** From the daemon that tests use. */
async function copyImage(image: string, target: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const load = request({
      socketPath: target,
      method: 'POST',
      path: '/v1.41/images/load?quiet=true',
      headers: { 'content-type': 'application/x-tar' },
    });
    load.once('error', reject).once('response', (res) => res.resume().once('end', resolve));
    request({ socketPath: dockerSocket(), path: `/v1.41/images/${image}/get` }, (res) => res.pipe(load))
      .once('error', reject)
      .end();
  });
  await must('GET', `/images/${image}/json`, undefined, target);
}

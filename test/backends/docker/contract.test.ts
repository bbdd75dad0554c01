import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cancelOn } from '../../../src/backends/shared/cancel.js';
import { dockerAvailable, images } from '../../support/docker.js';
import { type FakeDocker, startFakeDocker } from '../../support/fake-docker/index.js';
import type { ExecResult, FakeState } from '../../support/fake-docker/state.js';
import { backendContract, collector, eventually } from '../../contract/backend.js';
import { cancelContract } from '../../contract/cancel.js';
import { driverContract } from '../../contract/driver.js';
import { afterTest } from '../../support/temp-dir.js';
import { removeWhole } from '../../support/whole.js';
import { backendSubject, driverSubject } from './subjects.js';

/** What `sh -c` would have written: the fake runs nothing, so that a container's own output is told to it. */
const counted = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

/** Commands of an exec run on this machine, in their environment. Paths of files that the container has are below its root. */
function onExec({ container, command, env: own, stdin, root }: Parameters<FakeState['options']['onExec']>[0]): Promise<ExecResult> {
  const env = Object.fromEntries([...container.config.Env, ...own].map((entry) => entry.split(/=(.*)/s).slice(0, 2)) as [string, string][]);
  return new Promise((resolve) => {
    const inRoot = (word: string) => word.startsWith('/') && root !== undefined && existsSync(join(root, word.split('/')[1]!));
    const args = command.slice(1).map((word) => (inRoot(word) ? join(root!, word) : word));
    const child = spawn(command[0]!, args, { env: { PATH: process.env.PATH, ...env } });
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
    child.once('error', () =>
      resolve({ exitCode: 127, stdout: '', stderr: `exec: "${command[0]}": executable file not found in $PATH\n` }),
    );
    child.once('close', (code, signal) => resolve({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 143), ...out }));
    child.stdin.on('error', () => {}).end(stdin);
  });
}

function fake(): Promise<FakeDocker> {
  return startFakeDocker({
    images: [images.busybox],
    behave: ({ name, config: { Cmd } }) => {
      const exitCode = /^exit (\d+)$/.exec(Cmd?.at(-1) ?? '')?.[1];
      return name.endsWith('.engine') ? { logs: counted } : exitCode === undefined ? {} : { exitCode: Number(exitCode) };
    },
    onExec,
  });
}

/** A subject whose fake daemon goes with it. */
async function onFake<T extends { close(): Promise<void> }>(open: (socketPath: string) => Promise<T>): Promise<T> {
  const daemon = await fake();
  const subject = await open(daemon.socketPath);
  const close = subject.close.bind(subject);
  return Object.assign(subject, {
    async close() {
      await close();
      await daemon.close();
    },
  });
}

driverContract('docker_volume, fake daemon', () => onFake((socket) => driverSubject('docker_volume', socket)));
driverContract('docker_container, fake daemon', () => onFake((socket) => driverSubject('docker_container', socket)));
backendContract('docker, fake daemon', () => onFake((socket) => backendSubject(socket)));

describe.skipIf(!dockerAvailable())('real Docker', () => {
  driverContract('docker_volume', () => driverSubject('docker_volume'));
  driverContract('docker_container', () => driverSubject('docker_container'));
  backendContract('docker', () => backendSubject());
  cancelContract('docker', () => backendSubject());

  test('a command runs as another user in another directory, and a cancel ends it too', async () => {
    const subject = await backendSubject();
    afterTest(() => subject.close());
    const worker = subject.workerName('one');
    await subject.make(worker, {});
    afterTest(() => removeWhole(subject.backend, worker));
    const run = async (script: string, stop = new AbortController(), stdout = collector()) =>
      subject.backend.sessions!.exec(worker, 'build', {
        command: ['sh', '-c', script],
        user: '65534:100',
        workingDir: '/etc',
        streams: { stdin: null, stdout: stdout.stream, stderr: stdout.stream },
        cancel: { ...cancelOn(stop.signal), grace: 1000 },
      });
    const [stop, stdout] = [new AbortController(), collector()];
    const running = run("id -u; id -g; pwd; trap '' TERM; while :; do sleep 0.1; done", stop, stdout).catch((error: unknown) => error);
    await eventually('it is up', () => stdout.text() === '65534\n100\n/etc\n');
    stop.abort(new Error('called off'));
    expect(await running).toMatchObject({ message: 'called off' });
    // The search itself runs as that user.
    const left = collector();
    await run("grep -l 'sleep 0.[1]' /proc/[0-9]*/cmdline", new AbortController(), left);
    expect(left.text()).toBe('');
  });
});

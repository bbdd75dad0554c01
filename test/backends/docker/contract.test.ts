import { spawn } from 'node:child_process';
import { describe } from 'vitest';
import { dockerAvailable, images } from '../../support/docker.js';
import { type FakeDocker, startFakeDocker } from '../../support/fake-docker/index.js';
import type { ExecResult, FakeContainer } from '../../support/fake-docker/state.js';
import { backendContract } from '../../contract/backend.js';
import { cancelContract } from '../../contract/cancel.js';
import { driverContract } from '../../contract/driver.js';
import { backendSubject, driverSubject } from './subjects.js';

/** What `sh -c` would have written: the fake runs nothing, so that a container's own output is told to it. */
const counted = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

/** Commands of an exec run on this machine, in the container's environment. */
function onExec({ container, command, stdin }: { container: FakeContainer; command: string[]; stdin: string }): Promise<ExecResult> {
  const env = Object.fromEntries(container.config.Env.map((entry) => entry.split(/=(.*)/s).slice(0, 2)) as [string, string][]);
  return new Promise((resolve) => {
    const child = spawn(command[0]!, command.slice(1), { env: { PATH: process.env.PATH, ...env } });
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
});

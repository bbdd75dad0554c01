import { expect, test } from 'vitest';
import { cancelOn } from '../../../src/backends/shared/cancel.js';
import type { Terminal } from '../../../src/backends/ports/sessions.js';
import { followSize } from '../../../src/backends/docker/exec.js';
import { collector } from '../../contract/backend.js';
import { images } from '../../support/docker.js';
import { startFakeDocker } from '../../support/fake-docker/index.js';
import { until } from '../../support/poll.js';
import { manualClock } from '../../support/manual-clock.js';
import { backendSubject } from './subjects.js';

test("a command's terminal gets our size, first and when it changes, and its output comes as it is", async () => {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const fake = await startFakeDocker({
    images: [images.busybox],
    onExec: async () => {
      await finished;
      return { exitCode: 5, stdout: 'a screen\r\n' };
    },
  });
  const { backend, make, workerName, close } = await backendSubject(fake.socketPath);
  const worker = workerName('one');
  await make(worker, {});
  let size = { rows: 24, columns: 91 };
  let changed: (() => void) | null = null;
  const terminal: Terminal = {
    size: () => size,
    onResize(callback) {
      changed = callback;
      return () => void (changed = null);
    },
  };
  const [stdout, stderr] = [collector(), collector()];
  const streams = { stdin: null, stdout: stdout.stream, stderr: stderr.stream, terminal };
  // The first size comes too early.
  fake.faults.fail(({ path }) => path.endsWith('/resize'), { message: 'not yet', times: 1 });
  const running = backend.sessions!.exec(worker, 'build', { command: ['sh'], streams, cancel: cancelOn(new AbortController().signal) });
  const sizes = () => [...fake.state.execs.values()].map((exec) => exec.size);
  await until('the first size', () => sizes().includes('24x91'));
  size = { rows: 40, columns: 100 };
  changed!();
  await until('the second size', () => sizes().includes('40x100'));
  finish();
  expect(await running).toBe(5);
  expect([stdout.text(), stderr.text(), changed]).toEqual(['a screen\r\n', '', null]);
  await close();
});

test('a command in a container without a shell goes on, and that is said', async () => {
  const commands: string[][] = [];
  let up = () => {};
  const started = new Promise<void>((resolve) => (up = resolve));
  const fake = await startFakeDocker({
    images: [images.busybox],
    onExec: async ({ command }) => {
      commands.push(command);
      if (command[0] === 'sh') return { exitCode: 127 };
      up();
      return new Promise(() => {});
    },
  });
  const { backend, make, workerName, close } = await backendSubject(fake.socketPath);
  const worker = workerName('one');
  await make(worker, {});
  const stop = new AbortController();
  const stderr = collector();
  const running = backend.sessions!.exec(worker, 'build', {
    command: ['server'],
    streams: { stdin: null, stdout: stderr.stream, stderr: stderr.stream },
    cancel: cancelOn(stop.signal),
  });
  await started;
  stop.abort(new Error('interrupted'));
  await expect(running).rejects.toThrow('interrupted');
  expect(stderr.text()).toBe('mayfly: the command continues in the container: its image has no shell, and this process cannot signal it\n');
  expect(commands.map(([program]) => program)).toEqual(['server', 'sh']);
  await close();
});

test('one size is sent at a time, the newest last', async () => {
  const sent: { size: string; answer(): void }[] = [];
  const http = {
    text: (_method: string, _path: string, options: { query?: object } = {}) =>
      new Promise<string>((resolve) => sent.push({ size: Object.values(options.query ?? {}).join('x'), answer: () => resolve('') })),
  };
  let size = { rows: 24, columns: 91 };
  let changed = () => {};
  const terminal: Terminal = { size: () => size, onResize: (callback) => ((changed = callback), () => {}) };
  followSize(http, manualClock(), 'e1', terminal, () => false);
  size = { rows: 40, columns: 91 };
  changed();
  size = { rows: 40, columns: 100 };
  changed();
  expect(sent.map((one) => one.size)).toEqual(['24x91']);
  sent[0]!.answer();
  await until('the next size', () => sent.length > 1);
  expect(sent.map((one) => one.size)).toEqual(['24x91', '40x100']);
  sent[1]!.answer();
});

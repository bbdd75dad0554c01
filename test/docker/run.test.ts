import { describe, expect, test } from 'vitest';
import { api, dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { spawnCli } from '../support/run-cli.js';
import { container, leftOf, small, type Worker, worker } from './support.js';

const cleansUp = "trap 'echo cleaned up; exit 1' INT; trap 'echo ended; exit 1' TERM; echo up; while :; do sleep 0.1; done";

/** A worker whose containers have a shell (`build`) and none (`bare`). */
async function open(): Promise<Worker> {
  const bare = { image: images.node, memory: 64, command: ['node', '-e', 'setInterval(() => {}, 1e6)'] };
  return worker({ ...small, containers: [container('build'), container('bare', bare)] });
}

async function start(one: Worker, args: readonly string[]) {
  const resolve = (arg: string) => (arg === 'SPEC' ? one.specPath : arg === 'NAME' ? one.name : arg);
  const running = await spawnCli(args.map(resolve), { machine: one.machine, env: one.env });
  await until('its command runs', () => running.stdout().includes('up\n'), { withinMs: 60_000 });
  return running;
}

describe.skipIf(!dockerAvailable())('a command is cancelled on real Docker', () => {
  test('run: Ctrl-C reaches the command as an INT, and nothing is left', async () => {
    const one = await open();
    const running = await start(one, ['run', 'SPEC', '--name', 'NAME', '--in', 'build', '--', 'sh', '-c', cleansUp]);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.done;
    expect([code, stdout]).toEqual([130, 'up\ncleaned up\n']);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('run: after a SIGKILL of mayfly the keeper ends the worker', async () => {
    const one = await open();
    const running = await start(one, ['run', 'SPEC', '--name', 'NAME', '--in', 'build', '--', 'sh', '-c', cleansUp]);
    running.child.kill('SIGKILL');
    await until('nothing is left', async () => (await leftOf(one.name)).length === 0, { withinMs: 30_000, everyMs: 100 });
    expect((await one.must(['show', 'NAME'])).stdout).toMatch(/: runner gone$/m);
  });

  test('exec: SIGTERM ends a command that ignores it, also one that has left its session, also without a shell', async () => {
    const one = await open();
    await one.apply();
    const inShell = `trap '' TERM; setsid sh -c 'while :; do sleep 0.1; done' & echo up; while :; do sleep 0.1; done`;
    const inNode = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)";
    const commands = { build: ['sh', '-c', inShell], bare: ['node', '-e', inNode] };
    for (const [name, command] of Object.entries(commands)) {
      const before = await processesIn(one, name);
      const running = await start(one, ['exec', 'NAME', name, '--grace', '1s', '--', ...command]);
      running.child.kill('SIGTERM');
      expect((await running.done).code).toBe(130);
      await until(`${name} has its own processes alone`, async () => (await processesIn(one, name)) === before);
    }
  });
});

/** The number of processes in a container. */
async function processesIn(one: Worker, name: string): Promise<number> {
  const { body } = await api<{ Processes: string[][] }>('GET', `/containers/mayfly-${one.name}.${name}/top`);
  return body.Processes.length;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeSystem } from '../../../src/backends/process/node-system.js';
import type { System } from '../../../src/backends/process/system.js';
import { eventually } from '../../contract/backend.js';
import { quietContext } from '../../contract/context.js';
import { fasterClock, isAlive, openPlace, type Place, processesWith, run } from './support.js';
import { removeWhole } from '../../support/whole.js';

let place: Place;
beforeEach(() => {
  place = openPlace();
});
afterEach(() => place.close());

const home = (name: string) => join(place.root, 'one', name, 'home');
const pidFrom = async (path: string) => {
  let text = '';
  await eventually(path, async () => /\d+\n/.test((text = await readFile(path, 'utf8').catch(() => ''))));
  return Number(text);
};

const runaways: Record<string, string> = {
  'a child in the background': 'sleep 1000 & echo $! >pid; wait',
  'a child that left the session': 'setsid sh -c "echo \\$\\$ >pid; exec sleep 1000" & wait',
  'a child that left the session, when its parent has ended':
    'setsid sh -c "echo \\$\\$ >pid; exec sleep 1000" & while [ ! -s pid ]; do :; done',
  'a child that ignores TERM and dropped its environment':
    'env -i /bin/sh -c "trap \\"\\" TERM; echo \\$\\$ >pid; while :; do sleep 1; done" & wait',
  'a child that left the session without its environment, its output still the log':
    'env -i /usr/bin/setsid /bin/sh -c "echo \\$\\$ >pid; exec sleep 1000" & while [ ! -s pid ]; do :; done',
};
for (const [title, script] of Object.entries(runaways)) {
  test(`ended with its worker: ${title}`, async () => {
    const hurried = openPlace({ root: place.root, clock: fasterClock(20) });
    await run(place.backend, 'one', 'engine', { command: ['sh', '-c', script] });
    const pid = await pidFrom(join(home('engine'), 'pid'));
    expect(isAlive(pid)).toBe(true);
    await removeWhole(hurried.backend, 'one');
    expect(isAlive(pid)).toBe(false);
    expect(processesWith(place.root)).toEqual([]);
  });
}

test('what is told to end may end by itself', async () => {
  const file = join(place.root, 'said-goodbye');
  const script = `trap 'echo bye >${file}; exit 0' TERM; echo $$ >pid; while :; do sleep 1000 & wait $!; done`;
  await run(place.backend, 'one', 'engine', { command: ['sh', '-c', script] });
  await pidFrom(join(home('engine'), 'pid'));
  await removeWhole(place.backend, 'one');
  expect(await readFile(file, 'utf8')).toBe('bye\n');
});

test('it is told once, however long it takes', async () => {
  const file = join(place.root, 'told');
  const script = `trap 'echo told >>${file}; sleep 0.3; exit 0' TERM; echo $$ >pid; while :; do sleep 1000 & wait $!; done`;
  await run(place.backend, 'one', 'engine', { command: ['sh', '-c', script] });
  await pidFrom(join(home('engine'), 'pid'));
  await removeWhole(place.backend, 'one');
  expect(await readFile(file, 'utf8')).toBe('told\n');
});

test('a deleted process takes no other with it', async () => {
  const engine = await run(place.backend, 'one', 'engine');
  const build = await run(place.backend, 'one', 'build');
  await place.backend.drivers['mayfly_process']?.delete(build.id, build.attributes, {
    signal: new AbortController().signal,
    emit: () => undefined,
    pullSecret: () => null,
  });
  expect((await place.backend.list('one')).map(({ id, status }) => [id, status])).toEqual([[engine.id, 'running']]);
});

/** A machine on which one pid has been given to another program since. */
function withReusedPid(pid: number, killed: number[]): System {
  return {
    ...nodeSystem,
    readProc(path) {
      const text = nodeSystem.readProc(path);
      if (path === `/proc/${pid}/environ`) return 'HOME=/home/somebody\0';
      if (path !== `/proc/${pid}/stat` || text === null) return text;
      const fields = text.split(' ');
      fields[21] = String(Number(fields[21]) + 5);
      return fields.join(' ');
    },
    readProcLink: (path) => (path.startsWith(`/proc/${pid}/`) ? '/dev/null' : nodeSystem.readProcLink(path)),
    async kill(target, signal) {
      killed.push(target);
      return nodeSystem.kill(target, signal);
    },
  };
}

test('a pid that was given to another program is never signalled', async () => {
  await run(place.backend, 'one', 'engine');
  const leader = await readFile(join(place.root, 'one', 'engine', 'leader'), 'utf8');
  const pid = Number(leader.split(' ')[1]);
  const killed: number[] = [];
  const other = openPlace({ root: place.root, system: withReusedPid(pid, killed) });
  const command = (await other.backend.drivers['mayfly_process']?.read('one/engine', {}))?.attributes['pid'];
  await removeWhole(other.backend, 'one');
  expect(killed).not.toContain(pid);
  expect(killed).not.toContain(-pid);
  expect(killed).toContain(command);
});

test('a leader in a directory that is not ours is nobody', async () => {
  const bystander = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  await once(bystander, 'spawn');
  const directory = join(place.root, 'one', 'engine');
  await mkdir(directory, { recursive: true });
  const stat = await readFile(`/proc/${bystander.pid}/stat`, 'utf8');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  await writeFile(join(directory, 'leader'), `${boot.trim()} ${stat}`);
  await removeWhole(place.backend, 'one');
  await place.backend.drivers['mayfly_process']?.delete('one/engine', {}, quietContext());
  expect(bystander.pid !== undefined && isAlive(bystander.pid)).toBe(true);
  bystander.kill('SIGKILL');
});

test('a process whose directory was taken away is listed, and ended', async () => {
  await run(place.backend, 'one', 'engine');
  await rm(join(place.root, 'one'), { recursive: true });
  const [stray] = await place.backend.list();
  expect(stray).toMatchObject({ id: 'one/engine', worker: 'one', address: 'mayfly_process.engine', status: 'running' });
  expect(stray?.labels.lifetime).toBe(600);
  expect(Math.abs((stray?.createdAt ?? 0) - Date.now())).toBeLessThan(30_000);
  await removeWhole(place.backend, 'one');
  expect(await place.backend.list()).toEqual([]);
});

test('a worker of the same name in another root stays', async () => {
  const other = openPlace();
  await run(place.backend, 'one', 'engine');
  await run(other.backend, 'one', 'engine');
  await removeWhole(place.backend, 'one');
  expect((await other.backend.list('one'))[0]?.status).toBe('running');
  await other.close();
});

test('a shim that is killed leaves its command running, and that is said', async () => {
  await run(place.backend, 'one', 'engine');
  const leader = Number((await readFile(join(place.root, 'one', 'engine', 'leader'), 'utf8')).split(' ')[1]);
  process.kill(leader, 'SIGKILL');
  await eventually('the shim is gone', () => !isAlive(leader));
  expect((await place.backend.list('one'))[0]).toMatchObject({ status: 'running', exitCode: null });
  await removeWhole(place.backend, 'one');
  expect(processesWith(place.root)).toEqual([]);
});

import type * as Files from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { StateLayout } from '../../src/state/layout.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

const calls = vi.hoisted(() => ({ count: 0 }));

vi.mock('node:fs/promises', async (load) => {
  const original = await load<typeof Files>();
  const counted = (name: 'readdir' | 'stat' | 'open' | 'rm' | 'writeFile' | 'rename') => {
    const call = original[name] as (...args: unknown[]) => unknown;
    return { [name]: (...args: unknown[]) => ((calls.count += 1), call(...args)) };
  };
  return Object.assign({}, original, ...(['readdir', 'stat', 'open', 'rm', 'writeFile', 'rename'] as const).map(counted));
});

beforeEach(() => void (calls.count = 0));

const start = 1_800_000_000_000;
const hour = 3_600_000;

/** Ends of a worker, of which many were a day ago. `end`: the file operations of one. */
async function scene(many: number) {
  const clock = manualClock(start);
  const root = await tempDir('tally');
  const layout = new StateLayout(root, clock);
  for (let index = 0; index < many; index += 1) {
    const name = `old@${start - 24 * hour - index}`;
    await mkdir(join(root, 'logs', name), { recursive: true, mode: 0o700 });
    await mkdir(join(root, 'history'), { recursive: true, mode: 0o700 });
    await writeFile(join(root, 'logs', name, 'engine.log'), 'x');
    await writeFile(join(root, 'history', `${name}.json`), '{}');
  }
  const end = async () => {
    const [endedAt, before] = [clock.now(), calls.count];
    const entry = { worker: 'one', backend: 'memory', endpoint: 'here', reason: 'destroyed' as const, endedAt, containers: [] };
    await layout.history.add(entry);
    await layout.endedLogs.add('one', endedAt, [{ container: 'engine', content: Buffer.from('up\n') }]);
    clock.advance(1000);
    return calls.count - before;
  };
  return { clock, end };
}

test('an end costs as many file operations after 300 ends as after none, but once an hour', async () => {
  const [empty, full] = [await scene(0), await scene(300)];
  await Promise.all([empty.end(), full.end()]);
  const usual = await empty.end();
  expect(usual).toBeLessThanOrEqual(10);
  expect([await full.end(), await full.end()]).toEqual([usual, usual]);
  full.clock.advance(hour);
  expect(await full.end()).toBeGreaterThan(300);
  expect(await full.end()).toBe(usual);
});

test('a clock that was set back makes the next end look at once', async () => {
  const { clock, end } = await scene(300);
  await end();
  clock.advance(-2 * hour);
  expect(await end()).toBeGreaterThan(300);
});

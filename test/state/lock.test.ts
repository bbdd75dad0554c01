import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { acquireLock, breakLock, type LockOwner, LockUnavailable, readLock } from '../../src/state/lock.js';
import { manualClock } from '../support/manual-clock.js';
import { afterTest, tempDir } from '../support/temp-dir.js';

const options = { operation: 'apply', timeout: 0, clock: systemClock };
const lockPath = async () => join(await tempDir('lock'), 'locks', 'docker-w.json');

let holder: string;
beforeAll(async () => {
  const directory = await tempDir('holder');
  holder = join(directory, 'holder.mjs');
  await build({
    entryPoints: [new URL('./lock-holder.ts', import.meta.url).pathname],
    outfile: holder,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return () => rm(directory, { recursive: true });
});

/** Another process with the lock; resolves once it has said what became of it. */
async function hold(path: string, timeout = 0): Promise<{ child: ChildProcess; said: string; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [holder, path, String(timeout)], { stdio: ['pipe', 'pipe', 'inherit'] });
  afterTest(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())));
  return { child, said, ended };
}

/** The lock as a holder on another machine would have left it, `age` seconds after its last heartbeat. */
function foreign(path: string, now: number, age: number): LockOwner {
  const owner = JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
  const elsewhere = { ...owner, id: 'elsewhere', process: { ...owner.process, host: 'far-away boot pid:[1]' } };
  writeFileSync(path, JSON.stringify(elsewhere));
  utimesSync(path, now / 1000 - age, now / 1000 - age);
  return elsewhere;
}

describe('the lock', () => {
  test('is one at a time, and says who holds it', async () => {
    const path = await lockPath();
    const first = await acquireLock(path, options);
    await expect(acquireLock(path, options)).rejects.toMatchObject({
      code: 'state_locked',
      place: { file: path },
      message: expect.stringMatching(new RegExp(`pid ${process.pid}\\), apply since`)) as string,
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await first.release();
    expect(existsSync(path)).toBe(false);
    await (await acquireLock(path, options)).release();
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test('another process is kept out, and let in when the first lets go', async () => {
    const path = await lockPath();
    const one = await hold(path);
    expect(one.said).toBe('held');
    expect((await hold(path)).said).toBe('state_locked');
    const waiting = hold(path, 30);
    one.child.stdin?.write('go\n');
    expect((await waiting).said).toBe('held');
    await one.ended;
  });

  test('one whose holder was killed is taken over at once', async () => {
    const path = await lockPath();
    const one = await hold(path);
    one.child.kill('SIGKILL');
    await one.ended;
    expect(existsSync(path)).toBe(true);
    const lock = await acquireLock(path, options);
    expect((await readLock(path))?.process.pid).toBe(process.pid);
    await lock.release();
  });

  test('of many that want it, one has it at any time', async () => {
    const path = await lockPath();
    let inside = 0;
    const now = Date.now();
    let most = 0;
    let times = 0;
    /** Stands still, so that nobody's patience ends and no heartbeat is late. */
    const clock = { ...systemClock, now: () => now, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquireLock(path, { ...options, timeout: 60, clock });
        times += 1;
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        await lock.release();
      }),
    );
    expect([times, most]).toEqual([8, 1]);
  });

  test('of a foreign host counts for 30 s after its last heartbeat, by the injected clock', async () => {
    const path = await lockPath();
    const clock = manualClock(Date.now());
    await (await acquireLock(path, { ...options, clock })).release();
    const made = await acquireLock(path, { ...options, clock });
    foreign(path, clock.now(), 29);
    await expect(acquireLock(path, { ...options, clock })).rejects.toMatchObject({ code: 'state_locked' });
    clock.advance(2000);
    const lock = await acquireLock(path, { ...options, clock });
    await made.release();
    expect((await readLock(path))?.operation).toBe('apply');
    await lock.release();
    expect(existsSync(path)).toBe(false);
  });

  test('waiting as long as it is told to, and no longer', async () => {
    const path = await lockPath();
    const clock = manualClock(Date.now());
    const lock = await acquireLock(path, { ...options, clock });
    const asked = clock.now();
    await expect(acquireLock(path, { ...options, timeout: 5, clock })).rejects.toMatchObject({ code: 'state_locked' });
    expect(clock.now() - asked).toBeGreaterThanOrEqual(5000);
    expect(clock.now() - asked).toBeLessThan(6000);
    await expect(acquireLock(path, { ...options, timeout: 5, clock, signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    );
    await lock.release();
  });

  test.each([
    ['destroy', 60_000],
    ['apply', 5000],
  ])('a holder that does %s is waited for %d ms', async (operation, waited) => {
    const path = await lockPath();
    await acquireLock(path, { ...options, operation });
    const clock = manualClock(Date.now());
    const timeoutFor = (holder: LockOwner) => (holder.operation === 'destroy' ? 60 : 5);
    // Its heartbeats come by the real clock.
    const beat = { ...clock, sleep: (ms: number) => (utimesSync(path, clock.now() / 1000, clock.now() / 1000), clock.sleep(ms)) };
    await expect(acquireLock(path, { ...options, clock: beat, timeoutFor })).rejects.toMatchObject({ code: 'state_locked' });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(waited);
  });

  test('unlock breaks the holder it looked at, and not one that came after', async () => {
    const path = await lockPath();
    const first = await acquireLock(path, options);
    const { id } = (await readLock(path))!;
    expect(await breakLock(path, 'somebody else')).toBe(false);
    expect((await readLock(path))?.id).toBe(id);
    expect(await breakLock(path, id)).toBe(true);
    expect(await breakLock(path, id)).toBe(false);
    const second = await acquireLock(path, options);
    await first.release();
    expect(await readLock(path)).not.toBeNull();
    await second.release();
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  test('a file cut at any length is set aside when it is 30 s old, and not before', async () => {
    const path = await lockPath();
    await (await acquireLock(path, options)).release();
    const held = await acquireLock(path, options);
    const whole = readFileSync(path, 'utf8');
    await held.release();
    for (let length = 0; length < whole.length; length += 1) {
      const aside: string[] = [];
      const clock = manualClock(Date.now());
      writeFileSync(path, whole.slice(0, length));
      utimesSync(path, clock.now() / 1000 - 29, clock.now() / 1000 - 29);
      await expect(acquireLock(path, { ...options, clock })).rejects.toMatchObject({ code: 'state_locked' });
      clock.advance(2000);
      const lock = await acquireLock(path, { ...options, clock, onDamaged: (file) => aside.push(file) });
      await lock.release();
      expect([length, aside]).toEqual([length, [`${path}.damaged`]]);
    }
  });

  test('a damaged file from the future, after a power cut with a wrong clock, is set aside too', async () => {
    const path = await lockPath();
    await (await acquireLock(path, options)).release();
    writeFileSync(path, '');
    utimesSync(path, Date.now() / 1000 + 3600, Date.now() / 1000 + 3600);
    await (await acquireLock(path, options)).release();
    expect(readdirSync(dirname(path))).toEqual(['docker-w.json.damaged']);
  });

  test('one that cannot be read proves no death: it is unavailable, and stays', async () => {
    const path = await lockPath();
    await mkdir(path, { recursive: true });
    await expect(acquireLock(path, { ...options, timeout: 60 })).rejects.toBeInstanceOf(LockUnavailable);
    expect(existsSync(path)).toBe(true);
  });

  test('a place that cannot be written is unavailable, unless a living holder is there', async () => {
    const path = await lockPath();
    const held = await acquireLock(path, options);
    // A draft of this name cannot be made where a directory of it is: as on a full disk.
    const full = () => acquireLock(path, { ...options, below: join(path, 'not', 'above') });
    await expect(full()).rejects.toMatchObject({ code: 'state_locked' });
    await held.release();
    writeFileSync(dirname(path) + '-file', '');
    await expect(acquireLock(join(dirname(path) + '-file', 'x.json'), options)).rejects.toBeInstanceOf(LockUnavailable);
  });

  describe('its holder', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
    afterEach(() => void vi.useRealTimers());
    /** Lets as many heartbeats happen as seconds hold. */
    const pass = async (clock: ReturnType<typeof manualClock>, seconds: number) => {
      for (let passed = 0; passed < seconds; passed += 5) {
        clock.advance(5000);
        await vi.advanceTimersByTimeAsync(5000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    test('is told when the lock is another’s, and does not remove that', async () => {
      const path = await lockPath();
      const clock = manualClock(Date.now());
      const lock = await acquireLock(path, { ...options, clock });
      lock.assertHeld();
      foreign(path, clock.now(), 0);
      expect(lock.lost.aborted).toBe(false);
      await pass(clock, 5);
      expect(lock.lost.reason).toMatchObject({
        code: 'state_locked',
        message: 'apply has lost the lock: another command took it over or removed it',
      });
      expect(() => lock.assertHeld()).toThrow('lost the lock');
      await lock.release();
      expect((await readLock(path))?.id).toBe('elsewhere');
    });

    test('keeps a lock whose file cannot be read: that proves nothing', async () => {
      const path = await lockPath();
      const lock = await acquireLock(path, options);
      await rm(path);
      await mkdir(path);
      expect(() => lock.assertHeld()).not.toThrow();
      expect(lock.lost.aborted).toBe(false);
    });

    test('is told at once by the look right before a call', async () => {
      const path = await lockPath();
      const lock = await acquireLock(path, options);
      foreign(path, Date.now(), 0);
      expect(() => lock.assertHeld()).toThrow('lost the lock');
      expect(lock.lost.aborted).toBe(true);
      await lock.release();
    });

    test('gives it up when its work is overdue, and another has it 30 s later', async () => {
      const path = await lockPath();
      const clock = manualClock(Date.now());
      const lock = await acquireLock(path, { ...options, clock, overdueAfter: 60 });
      await pass(clock, 55);
      expect(lock.lost.aborted).toBe(false);
      await pass(clock, 5);
      expect(lock.lost.reason).toMatchObject({ message: 'apply has taken longer than allowed, and gave up the lock' });
      await expect(acquireLock(path, { ...options, clock })).rejects.toMatchObject({ code: 'state_locked' });
      clock.advance(31_000);
      await (await acquireLock(path, { ...options, clock })).release();
    });
  });
});

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { runKeeper } from '../../src/keeper/daemon.js';
import type { WatchRequest } from '../../src/keeper/protocol.js';
import { StateLayout } from '../../src/state/layout.js';
import type { Call } from '../../src/worker/call.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { showWorker } from '../../src/worker/show.js';
import { fakeBackend, type FakeBackend, fakeRequest } from '../lease/fake-backend.js';
import { until } from '../support/poll.js';
import { steppedClock } from '../support/stepped-clock.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

interface KeeperScene {
  layout: StateLayout;
  client: KeeperClient;
  /** What the keeper logged as a warning: the message and its cause. */
  warnings: string[];
  infos: string[];
  /** Resolves when the keeper has ended. */
  over: Promise<void>;
  isOver(): boolean;
}

interface SceneOptions {
  clock?: Clock;
  list?: string;
  openBackend?(request: WatchRequest): Promise<Backend>;
  layout?: StateLayout;
}

/** A keeper in this process. Its list of watched backends is `list`. */
async function keeper(
  fake: FakeBackend,
  { clock = systemClock, list, openBackend, layout: given }: SceneOptions = {},
): Promise<KeeperScene> {
  const layout = given ?? new StateLayout(await tempDir('keeper'), clock);
  if (list !== undefined) await writeFile(layout.keeperWatch, list);
  const stop = new AbortController();
  const [warnings, infos]: [string[], string[]] = [[], []];
  const write = (lines: string[]) => (fields: object, message: string) => {
    lines.push([message, (fields as { cause?: string }).cause].filter(Boolean).join(': '));
  };
  let isOver = false;
  const over = runKeeper({
    version: '0.1.0',
    layout,
    clock,
    log: { info: write(infos), warn: write(warnings) },
    openBackend: openBackend ?? (() => Promise.resolve(fake.backend)),
    requestFor: () => Promise.resolve(fakeRequest),
    resident: null,
    signal: stop.signal,
  }).then(() => {
    isOver = true;
  });
  afterTest(async () => {
    stop.abort();
    await over;
  });
  await until('the keeper has started', () => infos.includes('keeper started'));
  const client = new KeeperClient({ layout, clock: systemClock, env: process.env, version: '0.1.0', command: ['true'] });
  return { layout, client, warnings, infos, over, isOver: () => isOver };
}

const watched = JSON.stringify([fakeRequest]);
const seconds = (at: number) => at / 1000;

/** A raw client. */
function raw({ keeperSocket }: StateLayout): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(keeperSocket);
    socket.once('connect', () => resolve(socket)).on('error', reject);
    afterTest(() => socket.destroy());
  });
}

const closed = (socket: Socket) => until('the connection is closed', () => socket.destroyed);

const alive = { kind: 'alive', pid: process.pid, silent: [] };

attacks('silence', {
  'clients that leave at once': {
    mechanism: 'a connection that fails is closed, and nothing else is',
    does: 'a hundred clients ask and leave before the reply',
    right: 'the keeper answers the next',
    async check() {
      const { layout, client } = await keeper(fakeBackend({}));
      const sockets = await Promise.all(Array.from({ length: 100 }, () => raw(layout)));
      for (const socket of sockets) socket.write('null\n', () => socket.destroy());
      await until('all have left', () => sockets.every(({ destroyed }) => destroyed));
      expect(await client.status()).toEqual(alive);
    },
  },
  'a line without an end': {
    mechanism: 'bounds of a connection',
    does: 'a client sends a line of more than 64 KB',
    right: 'it is closed, and the keeper answers the next',
    async check() {
      const { layout, client } = await keeper(fakeBackend({}));
      const socket = await raw(layout);
      socket.write('x'.repeat(200_000));
      socket.resume();
      await closed(socket);
      expect(await client.status()).toEqual(alive);
    },
  },
  'lines that are no requests': {
    mechanism: 'what comes is parsed at one boundary',
    does: 'a client sends no JSON, an unknown backend, and then asks',
    right: 'each is refused on the same connection, the question is answered',
    async check() {
      const { layout } = await keeper(fakeBackend({}));
      const socket = await raw(layout);
      let replies = '';
      socket.setEncoding('utf8').on('data', (text: string) => (replies += text));
      socket.write('{\n{"backend":"cloud","endpoint":"x","env":{}}\nnull\n');
      const lines = await until('three replies', () => replies.split('\n').length === 4 && replies.trim().split('\n'));
      expect(lines.map((line) => (JSON.parse(line) as { ok: boolean }).ok)).toEqual([false, false, true]);
    },
  },
  'a client that says nothing': {
    mechanism: 'bounds of a connection',
    does: 'a client connects and sends no request for 10 s; another holds the keeper',
    right: 'the first is closed, the other stays',
    async check() {
      const clock = steppedClock();
      const { layout } = await keeper(fakeBackend({}), { clock });
      const [mute, holding] = [await raw(layout), await raw(layout)];
      let replies = '';
      holding.setEncoding('utf8').on('data', (text: string) => (replies += text));
      holding.write('null\n');
      await until('it is answered', () => replies.endsWith('\n'));
      await clock.advance(9_999);
      expect(mute.destroyed).toBe(false);
      mute.resume();
      await clock.advance(1);
      await closed(mute);
      await clock.advance(600_000);
      expect(holding.destroyed).toBe(false);
    },
  },
  'a thousand clients': {
    mechanism: 'bounds of a connection',
    does: 'clients stay connected, more than the keeper takes',
    right: '256 are taken, the others are closed; once they leave, it answers',
    async check() {
      const { layout, client } = await keeper(fakeBackend({}));
      const sockets = await Promise.all(Array.from({ length: 300 }, () => raw(layout)));
      for (const socket of sockets) socket.resume();
      const open = () => sockets.filter(({ destroyed }) => !destroyed);
      await until('those that are too many are closed', () => open().length === 256);
      for (const socket of open()) socket.destroy();
      await until('it answers', async () => (await client.status()).kind === 'alive');
    },
  },
  'a keeper that is stopped': {
    mechanism: 'every question has a deadline',
    does: 'the keeper accepts connections and never answers',
    right: 'it is reported with its pid within 5 s, and arms nothing',
    async check() {
      const clock = steppedClock();
      const layout = new StateLayout(await tempDir('keeper'), clock);
      const server = createServer((socket) => socket.on('error', () => {})).listen(layout.keeperSocket);
      afterTest(() => server.close());
      await writeFile(
        layout.keeperLock,
        JSON.stringify({ id: 'x', user: 'x', operation: 'keeper', process: { pid: 4242, start: 1, host: 'x' }, since: '' }),
      );
      const client = new KeeperClient({ layout, clock, env: process.env, version: '0.1.0', command: ['true'] });
      const [status, armed] = [client.status(), client.arm(fakeRequest).catch((error: unknown) => error)];
      await until('both are connected', () => new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 2))));
      await clock.advance(5000);
      expect(await status).toEqual({ kind: 'mute', pid: 4242 });
      expect(await armed).toMatchObject({
        code: 'not_armed',
        message: 'no keeper that could end the worker is alive: the keeper (pid 4242) does not answer',
        remedy: 'let it go on if it is stopped (kill -CONT 4242), or end it (kill -KILL 4242); then run the same command again',
      });
    },
  },
  'a context that is away when the keeper starts': {
    mechanism: 'a watched backend is kept until it was seen to be empty',
    does: 'a revived keeper cannot open its backend for 20 s; the end of a worker is due',
    right: 'its list stays, the trouble is logged once, the worker is ended when the backend is back',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) });
      let away = true;
      const openBackend = () => (away ? Promise.reject(new Error('no such context')) : Promise.resolve(fake.backend));
      const { layout, warnings } = await keeper(fake, { clock, list: watched, openBackend });
      await clock.advance(20_000);
      expect(warnings).toEqual(['cannot look at the backend, and tries again: unexpected: no such context']);
      expect(await readFile(layout.keeperWatch, 'utf8')).toContain(fakeRequest.endpoint);
      away = false;
      await clock.advance(30_000);
      await until('the worker is ended', () => fake.workers.size === 0);
    },
  },
  'a daemon that has gone away': {
    mechanism: 'a lasting trouble is logged again after ever longer times',
    does: 'the daemon does not answer for an hour, then for a day',
    right: '6 lines in the hour; then the keeper leaves, and its list stays for the next command',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) + 600 });
      fake.before = () => Promise.reject(new Error('connect ENOENT'));
      const { layout, warnings, isOver } = await keeper(fake, { clock, list: watched });
      await clock.advance(3600_000);
      expect(warnings.length).toBe(6);
      expect(new Set(warnings)).toEqual(new Set(['cannot look at the backend, and tries again: unexpected: connect ENOENT']));
      expect(isOver()).toBe(false);
      await clock.jump(24 * 3600_000);
      await clock.advance(5000);
      await until('it leaves', isOver);
      expect(JSON.parse(await readFile(layout.keeperWatch, 'utf8'))).toEqual([
        { ...fakeRequest, silent_since: expect.any(Number) as number },
      ]);
    },
  },
  'a state directory that is removed with its daemon': {
    mechanism: 'a keeper that nobody finds stays for workers that it sees',
    does: 'the daemon and the state directory go away while a worker lives; its end comes due',
    right: 'the keeper leaves after its 3 s',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) + 6 });
      const { layout, isOver } = await keeper(fake, { clock, list: watched });
      await until('it has looked', () => fake.calls.includes('list'));
      fake.before = () => Promise.reject(new Error('connect ENOENT'));
      await clock.advance(4500);
      await rm(layout.root, { recursive: true });
      await until('it leaves', async () => {
        await clock.advance(500);
        return isOver();
      });
      expect(clock.now()).toBeLessThan(Date.parse('2026-01-01T00:00:30Z'));
    },
  },
  'a list of backends that is cut short': {
    mechanism: 'what cannot be read is moved aside and reported',
    does: 'half of keeper-watch.json is left; a state of a worker on docker is there, and its end is due',
    right: 'the list is moved aside, and the backend of the state is watched',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) });
      const layout = new StateLayout(await tempDir('keeper'), clock);
      await layout.worker('docker', 'b').writeVariables({});
      const { warnings } = await keeper(fake, { clock, layout, list: '[{"backend":"docker","endp' });
      await until('the worker is ended', () => fake.workers.size === 0);
      expect(warnings).toEqual(['the list of watched backends is damaged and was moved aside: backends in it may be unwatched']);
      const [aside] = await layout.damagedWatchLists();
      expect(await readFile(aside!, 'utf8')).toBe('[{"backend":"docker","endp');
    },
  },
  'one entry of the list that is not understood': {
    mechanism: 'what cannot be read is moved aside and reported',
    does: 'the list has an entry without an endpoint beside a good one',
    right: 'the good one is watched, the list is moved aside',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) });
      const { layout } = await keeper(fake, { clock, list: JSON.stringify([{ backend: 'docker' }, fakeRequest]) });
      await until('the worker is ended', () => fake.workers.size === 0);
      expect((await readdir(layout.root)).filter((name) => name.includes('.unreadable-'))).toHaveLength(1);
    },
  },
  'a command that is fast': {
    mechanism: 'a keeper leaves after a look that began when the last command had left',
    does: 'a command arms, makes a worker and leaves, all between two looks of the keeper',
    right: 'the keeper sees the worker, and ends it',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({});
      const { client, isOver } = await keeper(fake, { clock });
      const armed = await client.arm(fakeRequest);
      const end = seconds(clock.now()) + 60;
      armed.release();
      await until('the keeper has looked', () => fake.calls.filter((call) => call === 'list').length === 2);
      fake.workers.set('a', fakeBackend({ a: end }).workers.get('a')!);
      // Longer than a keeper stays idle, shorter than the time between two looks.
      await clock.advance(4500);
      expect(isOver()).toBe(false);
      await clock.advance(56_000);
      await until('it is ended', () => fake.workers.size === 0);
    },
  },
  'two commands arm at once': {
    mechanism: 'one backend of a kind and endpoint is open',
    does: 'two requests for a backend come while it is being opened',
    right: 'it is opened once, and both are armed',
    async check() {
      const fake = fakeBackend({});
      let opened = 0;
      const openBackend = async () => {
        opened += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return fake.backend;
      };
      const { client } = await keeper(fake, { openBackend });
      const both = await Promise.all([client.arm(fakeRequest), client.arm(fakeRequest)]);
      expect(await Promise.all(both.map((one) => one.pid()))).toEqual([process.pid, process.pid]);
      expect(opened).toBe(1);
      for (const one of both) one.release();
    },
  },
  'a look that hangs': {
    mechanism: 'ends that are known do not wait for a look',
    does: 'after the first look, listing all never answers again; an end comes due',
    right: 'the worker is ended at its time',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) + 60 });
      const { layout } = await keeper(fake, { clock, list: watched });
      await until('it has looked', () => fake.calls.includes('list'));
      fake.before = (call) => (call === 'list' ? new Promise(() => {}) : undefined);
      await clock.advance(59_999);
      expect(fake.calls).not.toContain('end a');
      await clock.advance(1);
      const [entry] = await until('why is written down', async () => {
        const history = await layout.history.of('a');
        return history.length > 0 && history;
      });
      expect(entry).toMatchObject({ reason: 'expired', endedAt: clock.now() });
    },
  },
  'a lost reply': {
    mechanism: 'a look without an answer is made again beside it',
    does: 'one reply to a listing never comes; a new worker is due in 5 s',
    right: 'it is seen by the next listing, 2 s later, and ended at its time',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({});
      const end = seconds(clock.now()) + 5;
      fake.workers.set('a', [{ ...fakeBackend({ a: end }).workers.get('a')![0]! }]);
      let lost = 0;
      fake.before = (call) => (call === 'list' && lost++ === 0 ? new Promise(() => {}) : undefined);
      await keeper(fake, { clock, list: watched });
      await until('the first is lost', () => lost === 1);
      await clock.advance(5000);
      await until('it is ended', () => fake.workers.size === 0);
    },
  },
  'an end that hangs': {
    mechanism: 'no end waits for another',
    does: 'the look of one worker under its lock never answers, nor does its next; another is due at the same time, one 10 s later',
    right: 'the others are ended at their times',
    async check() {
      const clock = steppedClock();
      const now = seconds(clock.now());
      const fake = fakeBackend({ a: now + 60, b: now + 61, c: now + 70 });
      fake.before = (call) => (call === 'list a' || call === 'end b' ? new Promise(() => {}) : undefined);
      await keeper(fake, { clock, list: watched });
      await until('it has looked', () => fake.calls.includes('list'));
      await clock.advance(61_000);
      // Its lock is a file: real time passes meanwhile.
      await until('the second is being ended', async () => {
        await clock.advance(50);
        return fake.calls.includes('end b');
      });
      expect(clock.now()).toBeLessThan((now + 69) * 1000);
      await clock.advance((now + 70) * 1000 - clock.now());
      await until('the third is ended', () => !fake.workers.has('c'));
    },
  },
  'an end that has passed': {
    mechanism: 'a time that has passed is no promise',
    does: 'show asks for a worker whose end was a moment ago, while a keeper lives',
    right: 'its end is in the past, and nothing promises a time',
    async check() {
      const clock = steppedClock();
      const fake = fakeBackend({ a: seconds(clock.now()) }, { report: () => Promise.resolve([]) });
      const call = {
        clock,
        layout: new StateLayout(await tempDir('keeper'), clock),
        settings: defaultSettings,
        env: {},
        emit: () => {},
        openBackend: () => Promise.resolve(fake.backend),
        keeper: { status: () => Promise.resolve(alive) },
      } as unknown as Call;
      const { worker, armed, now } = await showWorker(call, 'a', 'docker');
      expect([worker?.status, worker?.ends.endsAt, armed, now]).toEqual(['ending', clock.now(), [], clock.now()]);
      fake.workers.set('a', fakeBackend({ a: seconds(clock.now()) + 1 }).workers.get('a')!);
      expect((await showWorker(call, 'a', 'docker')).armed).toEqual([
        { layer: 'keeper', detail: `pid ${process.pid} on this machine`, endsBy: clock.now() + 1000 },
      ]);
    },
  },
});

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { StateLayout } from '../../src/state/layout.js';
import { showWorker } from '../../src/worker/show.js';
import { keeperScene, request } from '../keeper/scene.js';
import { nodeName, openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { untilIdle } from '../support/idle.js';
import { until } from '../support/poll.js';
import { steppedClock } from '../support/stepped-clock.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

const watched = JSON.stringify([request]);

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
      const { layout, client } = await keeperScene();
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
      const { layout, client } = await keeperScene();
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
      const { layout } = await keeperScene();
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
      const { clock, layout } = await keeperScene();
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
      const { layout, client } = await keeperScene();
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
      const [status, armed] = [client.status(), client.arm(request).catch((error: unknown) => error)];
      await until('both are connected', () => new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 2))));
      await clock.advance(5000);
      expect(await status).toEqual({ kind: 'mute', pid: 4242 });
      expect(await armed).toMatchObject({
        code: 'not_armed',
        message: 'no keeper that could end the worker is alive: the keeper (pid 4242) does not answer',
        remedy: 'continue it if it is stopped (kill -CONT 4242), or end it (kill -KILL 4242); then run the same command again',
      });
    },
  },
  'a context that is away when the keeper starts': {
    mechanism: 'a watched backend is kept until it was seen to be empty',
    does: 'a revived keeper cannot open its backend for 20 s; the end of a worker is due',
    right: 'its list stays, the trouble is logged once, the worker is ended when the backend is back',
    async check() {
      let [away, opened]: [boolean, Backend | undefined] = [true, undefined];
      const { clock, node, layout, warnings } = await keeperScene(
        { list: watched, openBackend: () => (away ? Promise.reject(new Error('no such context')) : Promise.resolve(opened!)) },
        (scene) => {
          opened = scene.backend;
          seed(scene.node, { lease: 0 });
        },
      );
      await clock.advance(20_000);
      expect(warnings).toEqual(['the backend does not answer; the keeper tries again: unexpected: no such context']);
      expect(await readFile(layout.keeperWatch, 'utf8')).toContain(request.endpoint);
      away = false;
      await clock.advance(30_000);
      expect(node.list()).toEqual([]);
    },
  },
  'a daemon that has gone away': {
    mechanism: 'a lasting trouble is logged again after ever longer times',
    does: 'the daemon does not answer for an hour, then for a day',
    right: '6 lines in the hour; then the keeper leaves, and its list stays for the next command',
    async check() {
      const { clock, layout, warnings, isOver } = await keeperScene({ list: watched }, ({ node, hand }) => {
        seed(node, { lease: 600 });
        hand.goAway('connect ENOENT');
      });
      await clock.advance(3600_000);
      expect(warnings.length).toBe(6);
      expect(new Set(warnings)).toEqual(new Set(['the backend does not answer; the keeper tries again: connect ENOENT']));
      expect(isOver()).toBe(false);
      await clock.jump(24 * 3600_000);
      await clock.advance(5000);
      await until('it leaves', isOver);
      expect(JSON.parse(await readFile(layout.keeperWatch, 'utf8'))).toEqual([{ ...request, silent_since: expect.any(Number) as number }]);
    },
  },
  'a state directory that is removed with its daemon': {
    mechanism: 'a keeper that nobody finds stays for workers that it sees',
    does: 'the daemon and the state directory go away while a worker lives; its end comes due',
    right: 'the keeper leaves after its 3 s',
    async check() {
      const { clock, layout, hand, isOver } = await keeperScene({ list: watched }, ({ node }) => seed(node, { lease: 6 }));
      await untilIdle();
      hand.goAway('connect ENOENT');
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
      const { clock, node, layout, warnings } = await keeperScene({ list: '[{"backend":"memory","endp' }, async (scene) => {
        seed(scene.node, { lease: 0 });
        await scene.layout.worker(nodeName, 'b').writeVariables({});
      });
      await clock.advance(0);
      await until('the worker is ended', () => node.list().length === 0);
      expect(warnings).toEqual(['the list of watched backends is damaged and was moved aside: backends in it may be unwatched']);
      const [aside] = await layout.damagedWatchLists();
      expect(await readFile(aside!, 'utf8')).toBe('[{"backend":"memory","endp');
    },
  },
  'one entry of the list that is not understood': {
    mechanism: 'what cannot be read is moved aside and reported',
    does: 'the list has an entry without an endpoint beside a good one',
    right: 'the good one is watched, the list is moved aside',
    async check() {
      const list = JSON.stringify([{ backend: nodeName }, request]);
      const { node, layout } = await keeperScene({ list }, (scene) => seed(scene.node, { lease: 0 }));
      await until('the worker is ended', () => node.list().length === 0);
      expect((await readdir(layout.root)).filter((name) => name.includes('.unreadable-'))).toHaveLength(1);
    },
  },
  'a command that is fast': {
    mechanism: 'a keeper leaves after a look that began when the last command had left',
    does: 'a command arms, makes a worker and leaves, all between two looks of the keeper',
    right: 'the keeper sees the worker, and ends it',
    async check() {
      const { clock, client, node, isOver } = await keeperScene();
      const armed = await client.arm(request);
      node.removeAllListeners('changed');
      armed.release();
      await untilIdle();
      seed(node, { lease: 60 });
      // Longer than a keeper stays idle, shorter than the time between two looks.
      await clock.advance(4500);
      expect(isOver()).toBe(false);
      await clock.advance(56_000);
      expect(node.list()).toEqual([]);
    },
  },
  'two commands arm at once': {
    mechanism: 'one backend of a kind and endpoint is open',
    does: 'two requests for a backend come while it is being opened',
    right: 'it is opened once, and both are armed',
    async check() {
      let opened = 0;
      const scene = await keeperScene({
        openBackend: async () => {
          opened += 1;
          await untilIdle();
          return scene.backend;
        },
      });
      const both = await Promise.all([scene.client.arm(request), scene.client.arm(request)]);
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
      const { clock, layout, faults } = await keeperScene({ list: watched }, ({ node }) => seed(node, { lease: 60 }));
      await untilIdle();
      faults.hold('list', { of: '' });
      await clock.advance(59_999);
      expect(faults.calls.filter((call) => call.startsWith('delete'))).toEqual([]);
      await clock.advance(1);
      expect(await layout.history.of('one')).toMatchObject([{ reason: 'expired', endedAt: clock.now() }]);
    },
  },
  'a lost reply': {
    mechanism: 'a look without an answer is made again beside it',
    does: 'one reply to a listing never comes; a new worker is due in 5 s',
    right: 'it is seen by the next listing, 2 s later, and ended at its time',
    async check() {
      const { clock, node } = await keeperScene({ list: watched }, (scene) => {
        seed(scene.node, { lease: 5 });
        scene.faults.loseReply('list', { as: 'silence', times: 1 });
      });
      await clock.advance(5000);
      expect(node.list()).toEqual([]);
    },
  },
  'an end that hangs': {
    mechanism: 'no end waits for another',
    does: 'the look of one worker under its lock never answers, nor does its next; another is due at the same time, one 10 s later',
    right: 'the others are ended at their times',
    async check() {
      const { clock, node, layout } = await keeperScene({ list: watched, own: ['a', 'b', 'c'] }, (scene) => {
        seed(scene.node, { worker: 'a', lease: 60 });
        seed(scene.node, { worker: 'b', lease: 61 });
        seed(scene.node, { worker: 'c', lease: 70 });
        scene.faults.hold('list', { of: 'a' });
        scene.faults.hold('delete', { of: /^b/ });
      });
      const began = clock.now();
      await clock.advance(70_000);
      expect([node.of('a').length, node.of('b').length, node.of('c').length]).toEqual([3, 3, 0]);
      expect(await layout.history.of('c')).toMatchObject([{ endedAt: began + 70_000 }]);
    },
  },
  'an end that has passed': {
    mechanism: 'a time that has passed is no promise',
    does: 'show asks for a worker whose end was a moment ago, while a keeper lives',
    right: 'its end is in the past, and nothing promises a time',
    async check() {
      const clock = steppedClock();
      const { node, client } = await openScene({ clock });
      seed(node, { lease: 1 });
      await clock.advance(1000);
      const { worker, armed, now } = await showWorker(client(), 'one');
      expect([worker?.status, worker?.ends.endsAt, armed, now]).toEqual(['ending', clock.now(), [], clock.now()]);
      seed(node, { worker: 'two', lease: 1 });
      expect((await showWorker(client(), 'two')).armed).toEqual([
        { layer: 'keeper', detail: 'pid 4242 on this machine', endsBy: clock.now() + 1000 },
      ]);
    },
  },
});

import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { labelKeys } from '../../src/labels.js';
import { socketRoot } from '../memory/names.js';
import { nodeName, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { untilIdle } from '../support/idle.js';
import { until } from '../support/poll.js';
import { keeperScene, type KeeperScene, request } from './scene.js';
import type { WatchRequest } from '../../src/keeper/protocol.js';

const listOf = ({ layout }: Pick<KeeperScene, 'layout'>): unknown =>
  existsSync(layout.keeperWatch) ? JSON.parse(readFileSync(layout.keeperWatch, 'utf8')) : null;

const second = { ...request, endpoint: 'memory:2' };

describe('a keeper that is asked', () => {
  test('has seen the node when it answers, keeps it in its list, and ends its workers', async () => {
    const scene = await keeperScene();
    const { clock, node, client, faults, layout } = scene;
    seed(node, { lease: 60 });
    const armed = await client.arm(request);
    expect([await armed.pid(), faults.calls[0], listOf(scene)]).toEqual([process.pid, 'list', [request]]);
    await clock.advance(60_000);
    armed.release();
    expect(thingsOf(node)).toEqual([]);
    expect(await layout.history.of('one')).toMatchObject([{ reason: 'expired', endpoint: 'memory:' }]);
  });

  test("gives the keeper of a worker's own machine 10 s for its end, unless it was installed to stay", async () => {
    const ended = async (resident?: WatchRequest) => {
      const { clock, node, layout } = await keeperScene(
        { list: JSON.stringify([request]), own: [], ...(resident && { resident }) },
        ({ node }) => seed(node, { lease: 60 }),
      );
      const began = clock.now();
      await clock.advance(69_999);
      const early = thingsOf(node).length === 0;
      await clock.advance(1);
      await untilIdle();
      return { early, at: (await layout.history.of('one')).map(({ endedAt }) => endedAt - began) };
    };
    expect(await ended()).toEqual({ early: false, at: [70_000] });
    expect(await ended(request)).toEqual({ early: true, at: [60_000] });
  });

  test.for([1, 2, 5])('%d times at once opens a backend once, and its list has it once', async (count) => {
    let opened = 0;
    const scene = await keeperScene({
      openBackend: async () => {
        opened += 1;
        await untilIdle();
        return scene.backend;
      },
    });
    const all = await Promise.all(Array.from({ length: count }, () => scene.client.arm(request)));
    expect([opened, listOf(scene)]).toEqual([1, [request]]);
    for (const one of all) one.release();
  });

  test('for two nodes at once watches both', async () => {
    const scene = await keeperScene({ openBackend: ({ endpoint }) => Promise.resolve({ ...scene.backend, endpoint }) });
    const both = await Promise.all([scene.client.arm(request), scene.client.arm(second)]);
    expect(listOf(scene)).toEqual([request, second]);
    for (const one of both) one.release();
  });

  test('refuses a node that cannot be looked at, keeps nothing of it, and tries again when it is asked again', async () => {
    const scene = await keeperScene();
    const { hand, client } = scene;
    hand.goAway();
    await expect(client.arm(request)).rejects.toMatchObject({
      code: 'not_armed',
      message: expect.stringContaining('connect ENOENT /var/run/docker.sock') as string,
    });
    expect(listOf(scene)).toBeNull();
    hand.back();
    (await client.arm(request)).release();
    expect(listOf(scene)).toEqual([request]);
  });

  test('stays for no node that it has refused', async () => {
    const { clock, hand, client, isOver } = await keeperScene();
    hand.goAway();
    await expect(client.arm(request)).rejects.toMatchObject({ code: 'not_armed' });
    await clock.advance(4000);
    await until('it has left', isOver);
  });

  test('refuses a node that is another than the one that was asked for', async () => {
    const { client } = await keeperScene();
    await expect(client.arm(second)).rejects.toMatchObject({ code: 'not_armed', message: expect.stringContaining('memory:') as string });
  });

  test.for([
    ['111111111111', true],
    ['222222222222', false],
  ] as const)('for account %s by one whose credentials are of 111111111111 watches: %s', async ([account, watches]) => {
    const scene = await keeperScene({
      openBackend: () => Promise.resolve({ ...scene.backend, account: () => Promise.resolve('111111111111') }),
    });
    const armed = scene.client.arm({ ...request, account });
    if (watches) return (await armed).release();
    await expect(armed).rejects.toMatchObject({
      code: 'not_armed',
      message: expect.stringMatching(/account 111111111111.* 222222222222/) as string,
    });
  });

  test('that sees nothing within 60 s arms nobody', async () => {
    const { clock, client, faults } = await keeperScene();
    const held = faults.hold('list');
    const armed = client.arm(request).catch((error: unknown) => error);
    await held.reached;
    await clock.advance(59_999);
    let isOver = false;
    void armed.then(() => (isOver = true));
    await untilIdle();
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(await armed).toMatchObject({ code: 'not_armed', message: expect.stringContaining('within 60 s') as string });
  });
});

describe('a keeper leaves', () => {
  test('3 s after nothing lives and nobody is connected, and its list goes', async () => {
    const scene = await keeperScene();
    const { clock, client, isOver } = scene;
    const armed = await client.arm(request);
    await clock.advance(60_000);
    expect(isOver()).toBe(false);
    armed.release();
    await untilIdle();
    await clock.advance(2999);
    expect(isOver()).toBe(false);
    await clock.advance(501);
    await until('it has left', isOver);
    expect(listOf(scene)).toBeNull();
  });

  test('not while a worker lives', async () => {
    const { clock, node, isOver } = await keeperScene({ list: JSON.stringify([request]) }, ({ node }) => seed(node, { lease: 600 }));
    await clock.advance(599_000);
    expect(isOver()).toBe(false);
    await clock.advance(10_000);
    await until('it has left', isOver);
    expect(thingsOf(node)).toEqual([]);
  });

  test('not while a worker may live that was made after its last look', async () => {
    const { clock, node, client, isOver } = await keeperScene();
    const armed = await client.arm(request);
    node.removeAllListeners('changed');
    seed(node, { lease: 600 });
    armed.release();
    await clock.advance(20_000);
    expect(isOver()).toBe(false);
  });

  test('never where it was installed to stay', async () => {
    const scene = await keeperScene({ resident: request });
    await scene.clock.advance(3600_000);
    expect([scene.isOver(), listOf(scene)]).toEqual([false, [request]]);
  });

  test('after it has removed what no worker needs; one that is told to stop leaves that, and its list, to the next', async () => {
    const tidied: boolean[] = [];
    const tidy: Backend['tidy'] = ({ dryRun }) => Promise.resolve([]).finally(() => tidied.push(dryRun));
    const open = () => keeperScene({ list: JSON.stringify([request]), openBackend: () => Promise.resolve({ ...scene.backend, tidy }) });
    let scene: KeeperScene = await open();
    await scene.clock.advance(10_000);
    await until('it has left', scene.isOver);
    expect(tidied).toEqual([false]);
    scene = await open();
    scene.stop();
    await until('it has stopped', scene.isOver);
    expect([tidied, listOf(scene)]).toEqual([[false], [request]]);
  });
});

describe('a node that does not answer', () => {
  test('is reported with its cause and since when, and no longer once it answers', async () => {
    const scene = await keeperScene({ list: JSON.stringify([request]) }, ({ node }) => seed(node, { lease: 600 }));
    const { clock, hand, client } = scene;
    await clock.advance(1000);
    const since = clock.now() + 4000;
    hand.goAway('connect ECONNREFUSED');
    await clock.advance(10_000);
    const silent = { backend: nodeName, endpoint: 'memory:', since, cause: 'connect ECONNREFUSED' };
    expect(await client.status()).toEqual({ kind: 'alive', pid: process.pid, silent: [silent] });
    expect(listOf(scene)).toEqual([{ ...request, silent_since: since }]);
    hand.back();
    await clock.advance(30_000);
    expect(await client.status()).toEqual({ kind: 'alive', pid: process.pid, silent: [] });
    expect(listOf(scene)).toEqual([request]);
    expect([scene.warnings.length, scene.infos.at(-1)]).toEqual([1, 'the backend answers again']);
  });

  test('holds the keeper for 24 h, counted over all keepers before it', async () => {
    const day = 24 * 3600_000;
    const list = (since: number) => JSON.stringify([{ ...request, silent_since: since }]);
    const began = Date.parse('2026-01-01T00:00:00Z');
    const { clock, isOver } = await keeperScene({ list: list(began - day + 60_000) }, ({ hand }) => hand.goAway());
    await clock.advance(59_000);
    expect(isOver()).toBe(false);
    await clock.advance(5000);
    await until('it has left', isOver);
  });
});

describe('the socket of an engine', () => {
  const place = `${socketRoot}/one`;
  const exec = { ...request, exec: { worker: 'one', place } };
  const engine = { [labelKeys.exec]: place };

  test('is served before its engine is made, and goes where none is made', async () => {
    const { clock, node, client } = await keeperScene();
    const armed = await client.arm(exec);
    expect([...node.sockets]).toEqual([place]);
    await clock.advance(20_000);
    expect([...node.sockets]).toEqual([place]);
    armed.release();
    await untilIdle();
    await clock.advance(5000);
    expect([...node.sockets]).toEqual([]);
  });

  test('stays for as long as its engine is there', async () => {
    const { clock, node, client } = await keeperScene();
    const armed = await client.arm(exec);
    seed(node, { lease: 60, engine });
    armed.release();
    await clock.advance(59_000);
    expect([...node.sockets]).toEqual([place]);
    await clock.advance(2000);
    expect([node.sockets.size, node.socketFiles.size]).toEqual([0, 0]);
  });

  test('does not stay for a command that left before it was answered', async () => {
    const { clock, node, faults, layout } = await keeperScene();
    // Another worker holds the keeper.
    seed(node, { worker: 'two', lease: 600 });
    const held = faults.hold('list');
    const socket = connect(layout.keeperSocket);
    socket.write(`${JSON.stringify(exec)}\n`);
    await held.reached;
    socket.destroy();
    await untilIdle();
    held.release();
    await clock.advance(0);
    expect([...node.sockets]).toEqual([place]);
    await clock.advance(5000);
    expect([...node.sockets]).toEqual([]);
  });

  test('stays until the last of two commands has left', async () => {
    const { clock, node, client } = await keeperScene();
    const [first, other] = await Promise.all([client.arm(exec), client.arm(exec)]);
    first.release();
    await untilIdle();
    await clock.advance(10_000);
    expect([...node.sockets]).toEqual([place]);
    other.release();
    await untilIdle();
    await clock.advance(5000);
    expect([...node.sockets]).toEqual([]);
  });

  test('is served again by a keeper that starts again, and by nobody once it has stopped', async () => {
    const { clock, node, stop, isOver } = await keeperScene({ list: JSON.stringify([request]) }, (scene) => seed(scene.node, { engine }));
    await clock.advance(0);
    expect([...node.sockets]).toEqual([place]);
    stop();
    await until('it has stopped', isOver);
    expect([[...node.sockets], [...node.socketFiles]]).toEqual([[], [place]]);
  });

  test('that cannot be served is logged once, and tried at each look', async () => {
    const { clock, node, faults, warnings } = await keeperScene({ list: JSON.stringify([request]) }, (scene) => {
      seed(scene.node, { engine, lease: 600 });
      scene.faults.fail('serve', { times: 3 });
    });
    await clock.advance(15_000);
    expect(faults.calls.filter((call) => call === 'serve one')).toHaveLength(4);
    expect([warnings.length, [...node.sockets]]).toEqual([1, [place]]);
  });
});

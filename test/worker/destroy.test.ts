import { describe, expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { type Client, nodeName, openScene, type Scene, specOf, thingsOf } from '../memory/scene.js';
import { seed, seedLease } from '../memory/seed.js';

async function made(): Promise<Scene & { own: Client }> {
  const scene = await openScene();
  await applyWorker(scene.client(), specOf(), { strict: false });
  return { ...scene, own: scene.client() };
}

const changesOf = ({ faults }: Client) => faults.calls.filter((call) => /^(signal|delete)/.test(call));
const endedIn = ({ events }: Client) => events.filter(({ type }) => type === 'ended');

test('a worker goes by its name alone, from any machine, and why is written down', async () => {
  const { node, client, elsewhere } = await made();
  const layout = await elsewhere();
  const own = client({ layout });
  expect(await destroyWorker(own, 'one', {})).toMatchObject({ done: true, backend: nodeName });
  expect([thingsOf(node), endedIn(own)]).toEqual([[], [{ type: 'ended', worker: 'one', reason: 'destroyed', why: 'destroyed' }]]);
  expect(await layout.history.of('one')).toMatchObject([{ reason: 'destroyed' }]);
});

test('a second one finds it gone, which is success, with how it ended', async () => {
  const { own, client } = await made();
  await destroyWorker(own, 'one', {});
  expect(await destroyWorker(client(), 'one', {})).toMatchObject({ done: true, gone: true, last: { reason: 'destroyed' } });
});

test('two at once both succeed', async () => {
  const { node, own, client } = await made();
  const both = await Promise.all([destroyWorker(own, 'one', {}), destroyWorker(client(), 'one', {})]);
  expect([both.map(({ done }) => done), thingsOf(node)]).toEqual([[true, true], []]);
});

test.for(['other', 'on'])('a name that nothing has (%s) is an error', async (name) => {
  const { own, node } = await made();
  await expect(destroyWorker(own, name, {})).rejects.toMatchObject({ code: 'worker_unknown' });
  expect([thingsOf(node).length, changesOf(own)]).toEqual([5, []]);
});

test('a node in use that does not answer is no empty one', async () => {
  const { hand, own, layout } = await made();
  hand.goAway();
  await expect(destroyWorker(own, 'one', {})).rejects.toMatchObject({ code: 'backend_unreachable' });
  expect(await layout.knows(nodeName, 'one')).toBe(true);
});

describe('a destroy that is asked about', () => {
  test('is shown what goes, and does nothing when it is refused', async () => {
    const { own } = await made();
    const { done } = await destroyWorker(own, 'one', {
      approve: (objects) => {
        expect(objects.map(({ name }) => name).sort()).toEqual(['one/build', 'one/db', 'one/engine', 'one/lease-1', 'one/work']);
        return Promise.resolve(false);
      },
    });
    expect([done, changesOf(own)]).toEqual([false, []]);
  });

  test('removes nothing that was made after it was shown', async () => {
    const { node, hand, own, client } = await made();
    const approve = async () => {
      hand.remove('one', 'build');
      await applyWorker(client(), specOf(), { strict: false });
      return true;
    };
    await expect(destroyWorker(own, 'one', { approve })).rejects.toMatchObject({ code: 'plan_stale' });
    expect([thingsOf(node).length, changesOf(own)]).toEqual([5, []]);
  });

  test('goes on where only its end was moved, or a part of it is gone', async () => {
    const { node, hand, own } = await made();
    const approve = () => {
      seedLease(node, 'one', 900, 2);
      hand.remove('one', 'build');
      return Promise.resolve(true);
    };
    await destroyWorker(own, 'one', { approve });
    expect(thingsOf(node)).toEqual([]);
  });
});

test('what cannot be removed is an error, and no end', async () => {
  const { node, own, layout } = await made();
  own.faults.pretend('delete', { of: 'one/work' });
  await expect(destroyWorker(own, 'one', {})).rejects.toMatchObject({ code: 'destroy_failed' });
  expect([thingsOf(node), endedIn(own), await layout.history.of('one')]).toEqual([['work present'], [], []]);
});

test('what somebody else made under a name of ours stays', async () => {
  const { node, hand, own } = await made();
  const id = hand.plant('memory_container', 'one', 'theirs');
  seed(node, { worker: 'one-2' });
  await destroyWorker(own, 'one', {});
  expect([node.of('one').map((one) => one.id), node.of('one-2').length]).toEqual([[id], 3]);
});

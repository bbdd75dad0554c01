import { expect, test } from 'vitest';
import type { MayflyEvent } from '../../src/events.js';
import { applyWorker } from '../../src/worker/apply.js';
import { beginCall } from '../../src/worker/call.js';
import { openScene, specOf } from '../memory/scene.js';

/** An apply in whose middle a signal aborts: when its first resource is made. */
async function interrupted(which: 'stop' | 'cancelled'): Promise<string[]> {
  const scene = await openScene();
  const [controller, other] = [new AbortController(), scene.client()];
  const emit = (event: MayflyEvent) => void (event.type === 'resource_done' && controller.abort());
  const call = beginCall(other, { emit, [which]: controller.signal });
  await expect(applyWorker(call, specOf(), { strict: false })).rejects.toMatchObject({ code: 'interrupted' });
  return (await other.backend.list('one')).map(({ address }) => address);
}

test('a call that is stopped leaves what it has made of a worker', async () => {
  expect(await interrupted('stop')).not.toEqual([]);
});

test('a call that is cancelled removes it', async () => {
  expect(await interrupted('cancelled')).toEqual([]);
});

test('a call that is cancelled leaves the others of its runtime alone', async () => {
  const scene = await openScene();
  const cancel = new AbortController();
  const [runtime, spec] = [scene.client(), specOf({ service_containers: [] })];
  const emit = (event: MayflyEvent) => void (event.type === 'resource_done' && cancel.abort());
  const cancelled = applyWorker(beginCall(runtime, { emit, cancelled: cancel.signal }), specOf({ name: 'two' }), { strict: false });
  await expect(cancelled).rejects.toMatchObject({ code: 'interrupted' });
  const { done } = await applyWorker(beginCall(runtime), { ...spec, name: 'three' }, { strict: false });
  expect(done).toBe(true);
});

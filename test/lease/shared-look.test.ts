import { expect, test } from 'vitest';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { systemClock } from '../../src/clock.js';
import { sharedLook } from '../../src/lease/shared-look.js';

function object(worker: string): OwnedObject {
  return {
    id: worker,
    name: worker,
    type: 'lease',
    address: '',
    worker,
    labels: { worker, address: '' },
    createdAt: 0,
    status: 'present',
    exitCode: null,
  };
}

/** A backend whose looks end when told to; each sees what is there when it begins. */
function backend(...workers: string[]) {
  const looks: { of: string | undefined; answer(): void; fail(): void }[] = [];
  const there = new Set(workers);
  const list = (of?: string) =>
    new Promise<OwnedObject[]>((resolve, reject) => {
      const seen = [...there].filter((worker) => of === undefined || worker === of).map(object);
      looks.push({ of, answer: () => resolve(seen), fail: () => reject(new Error('the backend does not answer')) });
    });
  return { list, looks, there };
}

/** Lets what is resolved go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('one that is alone looks at its worker alone', async () => {
  const { list, looks } = backend('a', 'b');
  const look = sharedLook({ list, lookEvery: null }, systemClock);
  const asked = look('a');
  expect(looks.map(({ of }) => of)).toEqual(['a']);
  looks[0]!.answer();
  expect(await asked).toEqual([object('a')]);
});

test('those who ask during a look share the next one, which begins after they asked', async () => {
  const { list, looks, there } = backend('a', 'b', 'c');
  const look = sharedLook({ list, lookEvery: null }, systemClock);
  const first = look('a');
  const others = [look('b'), look('c'), look('d')];
  there.delete('c');
  looks[0]!.answer();
  await settle();
  expect(looks.map(({ of }) => of)).toEqual(['a', undefined]);
  looks[1]!.answer();
  expect(await first).toEqual([object('a')]);
  expect(await Promise.all(others)).toEqual([[object('b')], [], []]);
});

test('a look that fails is told to all who share it, and the next is made', async () => {
  const { list, looks } = backend('a', 'b', 'c');
  const look = sharedLook({ list, lookEvery: null }, systemClock);
  const asked = [look('a'), look('b'), look('c')];
  looks[0]!.answer();
  await settle();
  looks[1]!.fail();
  const results = await Promise.allSettled(asked);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  const again = look('b');
  await settle();
  looks[2]!.answer();
  expect(await again).toEqual([object('b')]);
});

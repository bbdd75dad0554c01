import { expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import { Armed } from '../../src/keeper/armed.js';
import type { KeeperConnection } from '../../src/keeper/connection.js';
import { untilIdle } from '../support/idle.js';

type Reply = Awaited<ReturnType<KeeperConnection['ask']>>;

/** Keepers one after the other, with pids from 1. */
function keepers({ refusesFrom = Infinity }: { refusesFrom?: number } = {}) {
  const open: { die(): void; closed: boolean; asked: number[]; reply: Reply }[] = [];
  const reach = () => {
    const pid = open.length + 1;
    if (pid >= refusesFrom) return Promise.reject(new MayflyError('not_armed', { cause: 'none answered' }));
    let dies = () => {};
    const one = { die: () => dies(), closed: false, asked: [] as number[], reply: { ok: true as const, pid } as Reply };
    open.push(one);
    const connection: Pick<KeeperConnection, 'ask' | 'onClose' | 'close'> = {
      ask: (_request, withinMs) => Promise.resolve((one.asked.push(withinMs), one.reply)),
      onClose: (closed) => void (dies = closed),
      close: () => void (one.closed = true),
    };
    return Promise.resolve({ pid, connection: connection as KeeperConnection });
  };
  return { open, armed: new Armed(reach) };
}

test('it is held from the start, and let go by a release', async () => {
  const { open, armed } = keepers();
  expect([await armed.pid(), await armed.confirm(), armed.lost.aborted, open[0]?.asked]).toEqual([1, 1, false, [5000]]);
  armed.release();
  await untilIdle();
  expect(open[0]?.closed).toBe(true);
  open[0]?.die();
  await untilIdle();
  expect(open).toHaveLength(1);
});

test('one that dies is replaced, three times; the fourth death is one too many', async () => {
  const { open, armed } = keepers();
  for (const pid of [1, 2, 3]) {
    await untilIdle();
    open[pid - 1]!.die();
    expect(await armed.confirm()).toBe(pid + 1);
    expect(armed.lost.aborted).toBe(false);
  }
  open[3]!.die();
  await untilIdle();
  expect([open.length, armed.lost.aborted]).toEqual([4, true]);
  expect(armed.lost.reason).toMatchObject({ code: 'not_armed', message: expect.stringContaining('ended 4 times') as string });
  await expect(armed.confirm()).rejects.toMatchObject({ code: 'not_armed' });
});

test('one that left without a word is noticed when it is asked', async () => {
  const { open, armed } = keepers();
  await armed.pid();
  open[0]!.reply = 'gone';
  expect(await armed.confirm()).toBe(2);
});

test('one that does not answer is no keeper, and is not replaced', async () => {
  const { open, armed } = keepers();
  await armed.pid();
  open[0]!.reply = 'silent';
  await expect(armed.confirm()).rejects.toMatchObject({ code: 'not_armed', remedy: expect.stringContaining('kill -CONT 1') as string });
  expect(open).toHaveLength(1);
});

test('where no other can be had, it is lost', async () => {
  const { open, armed } = keepers({ refusesFrom: 2 });
  await armed.pid();
  await untilIdle();
  open[0]!.die();
  await untilIdle();
  expect(armed.lost.reason).toMatchObject({ code: 'not_armed', message: 'none answered' });
});

import { describe, expect, test } from 'vitest';
import { sweep } from '../../src/lease/sweep.js';
import { labelKeys } from '../../src/labels.js';
import { identityName, ownIdentity } from '../../src/state/process-identity.js';
import { thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { watching } from './watching.js';

/** Pids of Linux are smaller. */
const nobody = 2 ** 30;
const runner = (more: Partial<ReturnType<typeof ownIdentity>> = {}) => ({
  [labelKeys.runner]: identityName({ ...ownIdentity(), ...more }),
});
const living = ['engine running', 'lease-1 present', 'work present'];

describe.runIf(process.platform === 'linux')('a worker that `run` made', () => {
  test('ends at the first look after its process has ended', async () => {
    const { clock, node, start, ends, log } = await watching();
    seed(node, { labels: runner({ pid: nobody }) });
    await start();
    await clock.advance(0);
    expect(await ends()).toEqual([{ reason: 'runner_gone', at: 0 }]);
    expect(log).toEqual(['ended: runner_gone']);
    expect(thingsOf(node)).toEqual([]);
  });

  test('ends within 5 s also while it is being made, though another machine could be making it', async () => {
    const { clock, node, start, ends } = await watching();
    await start();
    await clock.advance(1000);
    seed(node, { labels: runner({ start: 1 }), lease: null });
    await clock.advance(5000);
    expect(await ends()).toMatchObject([{ reason: 'runner_gone' }]);
  });

  test.for([
    ['its process lives', runner()],
    ['its process is of another host', runner({ pid: nobody, host: 'elsewhere' })],
    ['the start of its process is unknown', runner({ pid: nobody, start: null })],
    ['its label is malformed', { [labelKeys.runner]: 'x' }],
    ['it has no label of a process', {}],
  ] as const)('lives until its lease ends where %s', async ([, labels]) => {
    const { clock, node, start, ends } = await watching();
    seed(node, { labels });
    await start();
    await clock.advance(59_000);
    expect(thingsOf(node)).toEqual(living);
    await clock.advance(2000);
    expect(await ends()).toMatchObject([{ reason: 'expired' }]);
  });

  test('lives while one of the processes that its objects name lives', async () => {
    const { clock, node, start } = await watching();
    seed(node, { labels: runner({ pid: nobody }), engine: runner() });
    await start();
    await clock.advance(30_000);
    expect(thingsOf(node)).toEqual(living);
  });

  test('keeps this reason after an earlier try, or another keeper, has stopped its engine', async () => {
    const { clock, node, faults, start, ends } = await watching();
    seed(node, { labels: runner({ pid: nobody }) });
    faults.fail('delete');
    await start();
    await clock.advance(9000);
    expect(thingsOf(node)).toContain('engine exited');
    faults.clear();
    await clock.advance(20_000);
    expect(await ends()).toMatchObject([{ reason: 'runner_gone' }]);
  });

  test('is expired rather than without its process', async () => {
    const { node, start, ends } = await watching();
    seed(node, { labels: runner({ pid: nobody }), lease: -1 });
    await start();
    expect(await ends()).toMatchObject([{ reason: 'expired' }]);
  });

  test('is ended by `gc` too', async () => {
    const { backend, clock, layout, node } = await watching();
    seed(node, { labels: runner({ pid: nobody }) });
    const { workers } = await sweep({ backend, layout, clock, dryRun: false, lockTimeout: 0 });
    expect(workers).toMatchObject([{ worker: 'one', reason: 'runner_gone', error: null }]);
    expect(thingsOf(node)).toEqual([]);
  });
});

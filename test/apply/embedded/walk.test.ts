import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Operation, operationsOf } from '../../../src/apply/embedded/operations.js';
import { walk } from '../../../src/apply/embedded/walk.js';
import { plans } from './arbitrary.js';

const never = new AbortController().signal;
const startable = (type: string) => type === 'run';

interface Conditions {
  parallelism?: number;
  fails?(id: string): boolean;
  stop?: AbortSignal;
  onRun?(): void;
}

/** Walks, each operation taking a turn or more, some failing. */
async function walked(operations: Operation[], { parallelism = 10, fails, stop = never, onRun }: Conditions = {}) {
  const log: string[] = [];
  const skipped: string[] = [];
  let running = 0;
  let most = 0;
  const { failed, stopped } = await walk(operations, {
    parallelism,
    stop,
    async run({ id, after }) {
      for (const earlier of after) expect(log).toContain(`done ${earlier}`);
      onRun?.();
      most = Math.max(most, ++running);
      log.push(`begin ${id}`);
      for (let turns = (id.length % 3) + 1; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (fails?.(id)) throw new Error(id);
      log.push(`done ${id}`);
    },
    skipped: ({ id }) => skipped.push(id),
  });
  return { log, skipped, most, stopped, failed: [...failed.keys()].map(({ id }) => id) };
}

const chain = (...links: [id: string, ...after: string[]][]): Operation[] =>
  links.map(([id, ...after]) => ({ id, kind: 'create', change: {} as Operation['change'], after }));

describe('the walk', () => {
  test('a failed one stops only what comes after it', async () => {
    const operations = chain(['a'], ['b', 'a'], ['c', 'b'], ['d'], ['e', 'd'], ['f', 'c', 'e']);
    const result = await walked(operations, { fails: (id) => id === 'b' });
    expect(result).toMatchObject({ failed: ['b'], stopped: false });
    expect(result.skipped.sort()).toEqual(['c', 'f']);
    expect(result.log).toEqual(expect.arrayContaining(['done a', 'done d', 'done e']));
  });

  test('what comes after two that failed is told once', async () => {
    const { skipped, failed } = await walked(chain(['a'], ['b'], ['c', 'a', 'b']), { fails: () => true });
    expect({ skipped, failed: failed.sort() }).toEqual({ skipped: ['c'], failed: ['a', 'b'] });
  });

  test('begins as soon as it may: the start of the first does not hold back the making of the others', async () => {
    const { log } = await walked(
      chain(['create e'], ['start e!!', 'create e'], ['create b', 'create e'], ['start b', 'start e!!', 'create b']),
    );
    expect(log.indexOf('begin create b')).toBeLessThan(log.indexOf('done start e!!'));
  });

  test('stopped: what is in flight is finished, nothing new is begun', async () => {
    const stop = new AbortController();
    const result = await walked(chain(['a'], ['b'], ['c', 'a'], ['d', 'b']), { stop: stop.signal, onRun: () => stop.abort() });
    expect(result).toMatchObject({ stopped: true, failed: [], skipped: [] });
    const begun = result.log.filter((line) => line.startsWith('begin')).length;
    expect(result.log).toHaveLength(2 * begun);
    expect(result.log.join()).not.toMatch(/begin [cd]/);
  });

  test('stopped before it began', async () => {
    expect(await walked(chain(['a']), { stop: AbortSignal.abort() })).toMatchObject({ log: [], stopped: true });
    expect(await walked([], { stop: AbortSignal.abort() })).toMatchObject({ stopped: false });
  });

  test('of any plan, with any failures: each is done, failed or skipped, never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 4 }), fc.func(fc.nat(5)), async (changes, parallelism, dice) => {
        const operations = operationsOf(changes, startable);
        const { log, skipped, failed, most, stopped } = await walked(operations, { parallelism, fails: (id) => dice(id) === 0 });
        const done = log.filter((line) => line.startsWith('done ')).map((line) => line.slice(5));
        expect([...done, ...failed, ...skipped].sort()).toEqual(operations.map(({ id }) => id).sort());
        expect(most).toBeLessThanOrEqual(parallelism);
        expect(stopped).toBe(false);
        for (const id of skipped) expect(reasons(operations, id).some((earlier) => failed.includes(earlier))).toBe(true);
      }),
      { seed: 19, numRuns: 150 },
    );
  });
});

/** All that comes before an operation. */
function reasons(operations: Operation[], id: string): string[] {
  const after = operations.find((operation) => operation.id === id)?.after ?? [];
  return [...after, ...after.flatMap((earlier) => reasons(operations, earlier))];
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Operation, operationsOf } from '../../../src/apply/embedded/operations.js';
import type { Change } from '../../../src/plan/plan.js';
import { changeOf, plans } from './arbitrary.js';

const startable = (type: string) => type === 'run';
const of = (...changes: Change[]) => Object.fromEntries(operationsOf(changes, startable).map(({ id, after }) => [id, after]));

describe('operations', () => {
  const volume = (action: Change['action']) => changeOf('lie.v', action);
  const engine = (action: Change['action']) => changeOf('run.e', action, ['lie.v']);
  const box = (action: Change['action']) => changeOf('run.b', action, ['run.e']);

  test.each<[string, Change[], Record<string, string[]>]>([
    [
      'made at once, started one after the other',
      [volume('create'), engine('create'), box('create')],
      {
        'create lie.v': [],
        'create run.e': ['create lie.v'],
        'start run.e': ['create run.e'],
        'create run.b': ['create run.e'],
        'start run.b': ['start run.e', 'create run.b'],
      },
    ],
    [
      'replaced: what refers to it goes first, and comes back after',
      [volume('none'), engine('replace'), box('replace')],
      {
        'delete run.b': [],
        'delete run.e': ['delete run.b'],
        'create run.e': ['delete run.e'],
        'start run.e': ['create run.e'],
        'create run.b': ['create run.e', 'delete run.b'],
        'start run.b': ['start run.e', 'create run.b'],
      },
    ],
    ['deleted, from the end', [volume('delete'), engine('delete')], { 'delete run.e': [], 'delete lie.v': ['delete run.e'] }],
    [
      'in place',
      [volume('none'), engine('update'), box('create')],
      {
        'update run.e': [],
        'create run.b': ['update run.e'],
        'start run.b': ['update run.e', 'create run.b'],
      },
    ],
    ['nothing', [volume('none'), engine('none')], {}],
  ])('%s', (_name, changes, expected) => {
    expect(of(...changes)).toEqual(expected);
  });

  test('of any plan: an order exists, nothing is used before it is there or after it is gone', () => {
    fc.assert(
      fc.property(plans, (changes) => {
        const order = run(operationsOf(changes, startable));
        const at = (id: string) => order.indexOf(id);
        for (const { address, action, dependencies } of changes) {
          if (action === 'create' || action === 'replace') expect(at(`create ${address}`)).toBeGreaterThanOrEqual(0);
          if (action === 'replace') expect(at(`delete ${address}`)).toBeLessThan(at(`create ${address}`));
          for (const dependency of dependencies) {
            if (at(`create ${dependency}`) >= 0 && at(`create ${address}`) >= 0) {
              expect(at(`create ${dependency}`)).toBeLessThan(at(`create ${address}`));
            }
            if (at(`start ${dependency}`) >= 0 && at(`start ${address}`) >= 0) {
              expect(at(`start ${dependency}`)).toBeLessThan(at(`start ${address}`));
            }
            if (at(`delete ${dependency}`) >= 0 && at(`delete ${address}`) >= 0) {
              expect(at(`delete ${address}`)).toBeLessThan(at(`delete ${dependency}`));
            }
          }
        }
      }),
      { seed: 17, numRuns: 1000 },
    );
  });
});

/** One order that respects all that each comes after; fails when there is none. */
function run(operations: Operation[]): string[] {
  const done: string[] = [];
  let left = operations;
  while (left.length > 0) {
    const ready = left.filter(({ after }) => after.every((id) => done.includes(id)));
    if (ready.length === 0) throw new Error(`stuck: ${left.map(({ id, after }) => `${id} after ${after.join()}`).join('; ')}`);
    done.push(...ready.map(({ id }) => id));
    left = left.filter((operation) => !ready.includes(operation));
  }
  return done;
}

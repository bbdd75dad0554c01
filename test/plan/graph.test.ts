import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildGraph, transitiveDependencies } from '../../src/plan/graph.js';
import type { Stack } from '../../src/plan/stack.js';

/** A stack of `t.<name>` that refer to each other. */
function stackOf(references: Record<string, string[]>): Stack {
  const block = (to: string[]) => ({ links: to.map((name) => `\${t.${name}.id}`) });
  return { resource: { t: Object.fromEntries(Object.entries(references).map(([name, to]) => [name, block(to)])) } } as unknown as Stack;
}

function failure(stack: Stack): unknown {
  try {
    buildGraph(stack);
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

describe('the graph', () => {
  const cycles: Record<string, [references: Record<string, string[]>, report: string]> = {
    'of one': [{ a: ['a'] }, 't.a → t.a'],
    'of two': [{ a: ['b'], b: ['a'] }, 't.a → t.b → t.a'],
    'behind a way into it': [{ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }, 't.b → t.c → t.d → t.b'],
  };
  test.each(Object.entries(cycles))('a cycle %s is named', (_name, [references, report]) => {
    expect(failure(stackOf(references))).toMatchObject({ code: 'stack_cycle', message: `the stack has a cycle: ${report}` });
  });

  test('a reference to what is not there names both', () => {
    expect(failure(stackOf({ a: ['b'] }))).toMatchObject({ code: 'stack_invalid', place: { path: 't.a' }, message: /t\.b/ });
  });

  test('references in lifecycle, comments and to variables are none', () => {
    const block = { '//': '${t.x.id}', lifecycle: { note: '${t.y.id}' }, value: '${var.key}', depends_on: ['t.b'] };
    const graph = buildGraph({ resource: { t: { a: block, b: {} } } } as unknown as Stack);
    expect(graph.get('t.a')?.dependencies).toEqual(['t.b']);
  });

  test('any graph without a cycle: each comes after all it depends on, and the order is always the same', () => {
    const dag = fc
      .integer({ min: 1, max: 25 })
      .chain((size) =>
        fc.tuple(
          fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
          fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 60 }),
        ),
      );
    fc.assert(
      fc.property(dag, ([names, edges]) => {
        const references: Record<string, string[]> = Object.fromEntries(names.map((name) => [`n${name}`, []]));
        // Only from the later to the earlier of a hidden order.
        for (const [a, b] of edges) if (a !== b) references[`n${names[Math.max(a, b)]}`]?.push(`n${names[Math.min(a, b)]}`);
        const order = [...buildGraph(stackOf(references)).keys()];
        expect(order).toHaveLength(names.length);
        for (const [name, to] of Object.entries(references)) {
          for (const dependency of to) expect(order.indexOf(`t.${dependency}`)).toBeLessThan(order.indexOf(`t.${name}`));
        }
        const shuffled = Object.fromEntries(Object.entries(references).reverse());
        expect([...buildGraph(stackOf(shuffled)).keys()]).toEqual(order);
        for (const [address, all] of transitiveDependencies(buildGraph(stackOf(references)))) {
          expect(all).toEqual([...reach(address.slice(2), references)].map((one) => `t.${one}`).sort());
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

function reach(from: string, references: Record<string, string[]>, seen = new Set<string>()): Set<string> {
  for (const next of references[from] ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    reach(next, references, seen);
  }
  return seen;
}

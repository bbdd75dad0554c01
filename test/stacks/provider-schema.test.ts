import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stack } from '../../src/plan/stack.js';
import { checkStack } from './check-stack.js';
import { golden } from './specs.js';
import { base, box, stackOf } from './support.js';

const provided = Object.entries(golden).filter(([, { backend }]) => backend !== 'process');

describe('the provider takes what is synthesized', () => {
  test.each(provided)('%s', (_name, { spec, backend, quota }) => {
    expect(checkStack(stackOf(spec, backend, quota))).toEqual([]);
  });

  test('whatever the texts, sizes and names', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { maxLength: 5 });
    fc.assert(
      fc.property(names, text, fc.integer({ min: 1, max: 64_000 }), fc.boolean(), (found, line, cpu, quota) => {
        const free = found.filter((name) => name !== 'engine' && name !== 'lease');
        const containers = free.map((name) => box(name, { cpu, command: ['echo', `x${line}`], env: { KEY: line.replaceAll('$', '$$') } }));
        expect(checkStack(stackOf({ ...base, containers }, 'docker', quota))).toEqual([]);
      }),
      { seed: 20_26, numRuns: 60 },
    );
  });

  test("the trial's own stack", () => {
    const text = readFileSync(new URL('../fixtures/provider-state/stack.tf.json', import.meta.url), 'utf8');
    expect(checkStack(JSON.parse(text) as Stack)).toEqual([]);
  });

  /** So that the checker is known to see. */
  const broken: Record<string, [change: Record<string, unknown>, problem: string]> = {
    'an unknown attribute': [{ memory_max: 1 }, 'docker_container.engine.memory_max: unknown'],
    'a missing one': [{ image: undefined }, 'docker_container.engine.image: required'],
    'a wrong type': [{ memory: '12' }, 'docker_container.engine.memory: must be a number, is "12"'],
    'an unknown one in a block': [{ ports: [{ internal: 1, host: 1 }] }, 'docker_container.engine.ports[0].host: unknown'],
    'a block without what it must have': [{ host: [{ host: 'db' }] }, 'docker_container.engine.host[0].ip: required'],
    'more blocks than one': [{ healthcheck: [{}, {}] }, 'docker_container.engine.healthcheck: at most 1'],
    "the provider's own": [{ exit_code: 0 }, 'docker_container.engine.exit_code: only the provider sets it'],
  };
  test.each(Object.entries(broken))('and would not take %s', (_name, [change, problem]) => {
    const stack = stackOf(base);
    Object.assign(stack.resource!['docker_container']!['engine']!, change);
    expect(checkStack(stack)).toEqual([problem]);
  });
});

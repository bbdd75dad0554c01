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

  test.each([
    ['docker', 60],
    // Each is three times the work.
    ['aws', 20],
  ] as const)('whatever the texts, sizes, names and networks: %s', (backend, numRuns) => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { maxLength: 5 });
    const cidrs = fc.subarray(['10.0.0.0/8', '203.0.113.0/24', '2001:db8::/32']);
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
    const size = fc.integer({ min: 1, max: 64_000 });
    fc.assert(
      fc.property(names, text, size, fc.boolean(), cidrs, port, (found, line, cpu, flag, networks, listens) => {
        const free = found.filter((name) => name !== 'engine' && name !== 'lease');
        const [volume, ...boxes] = free;
        const mounts = flag && volume !== undefined ? [{ name: volume, mount_point: '/work' }] : [];
        const more = { mounts, env: { KEY: line.replaceAll('$', '$$') }, ...(flag && { pull_secret: 'env:REGISTRY' }) };
        const spec = {
          ...base,
          access: { cidrs: networks, public: flag },
          engine: { image: 'alpine:3.20', ...(listens !== null && { port: listens }) },
          volumes: volume === undefined ? [] : [{ name: volume, storage: 100 }],
          containers: boxes.map((name) => box(name, { cpu, command: ['echo', `x${line}`], ...more })),
        };
        expect(checkStack(stackOf(spec, backend, flag))).toEqual([]);
      }),
      { seed: 20_26, numRuns },
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

  /** The same in blocks that must be there, and in attributes that are objects. */
  const rule = { from_port: 1, to_port: 1, protocol: 'tcp', cidr_blocks: [], ipv6_cidr_blocks: [] };
  const whole = { ...rule, prefix_list_ids: [], security_groups: [], self: false, description: '' };
  const { self: _self, ...halved } = whole;
  const brokenOnAws: Record<string, [address: string, change: Record<string, unknown>, problem: string]> = {
    'a schedule without a target': ['aws_scheduler_schedule.end', { target: undefined }, 'aws_scheduler_schedule.end.target: at least 1'],
    'an empty list of what must be there': [
      'aws_scheduler_schedule.end',
      { flexible_time_window: [] },
      'aws_scheduler_schedule.end.flexible_time_window: at least 1',
    ],
    'a rule without one of its members': [
      'aws_security_group.network',
      { ingress: [halved] },
      'aws_security_group.network.ingress[0].self: required',
    ],
    'a rule with one more': [
      'aws_security_group.network',
      { egress: [{ ...whole, port: 1 }] },
      'aws_security_group.network.egress[0].port: unknown',
    ],
    'a member of another type': [
      'aws_security_group.network',
      { ingress: [{ ...whole, to_port: '1' }] },
      'aws_security_group.network.ingress[0].to_port: must be a number, is "1"',
    ],
    'a text for a rule': ['aws_security_group.network', { ingress: ['tcp'] }, 'aws_security_group.network.ingress[0]: must be an object'],
  };
  test.each(Object.entries(brokenOnAws))('nor %s', (_name, [address, change, problem]) => {
    const [type, name] = address.split('.') as [string, string];
    const stack = stackOf(base, 'aws');
    Object.assign(stack.resource![type]![name]!, change);
    expect(checkStack(stack)).toEqual([problem]);
  });
});

import { expect, test } from 'vitest';
import { applyWorker } from '../../../src/worker/apply.js';
import { destroyWorker } from '../../../src/worker/destroy.js';
import type { MemoryNode } from '../../memory/node.js';
import { smallSpec } from '../../memory/scene.js';
import { serving, submissionOf } from '../scene.js';

/** Numbers from 0 to 1 (mulberry32). */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Millicores and MB of the workers with an object on the node, by the sizes of their specs: `mix-<cpu>-<memory>`. */
function usedOn(node: MemoryNode): { cpu: number; memory: number } {
  const names = new Map(
    node.list().map(({ labels: { 'dev.mayfly.worker': worker = '', 'dev.mayfly.name': name = worker } }) => [worker, name]),
  );
  const sizes = [...names.values()].map((name) => name.split('-').slice(1).map(Number) as [number, number]);
  return { cpu: sizes.reduce((sum, [cpu]) => sum + cpu, 0), memory: sizes.reduce((sum, [, memory]) => sum + memory, 0) };
}

const specOf = (cpu: number, memory: number) => smallSpec({ name: `mix-${cpu}-${memory}`, cpu, memory, max_duration: 20 });

test.each([1, 2, 3])('a node never has more workers than it can hold, at any call (seed %d)', async (seed) => {
  const random = drawn(seed);
  const pick = <T>(...values: T[]) => values[Math.floor(random() * values.length)]!;
  const scene = await serving();
  const cli = scene.client();
  const made = applyWorker(cli, { ...specOf(1000, 2048), max_duration: 300 }, { strict: false });
  await scene.clock.advance(2000);
  await made;
  const service = await scene.serve({ minRetryPeriod: 1000, maxRetryPeriod: 4000, attempts: 50 });
  const { faults } = service.client;
  const most = { cpu: 0, memory: 0 };
  const around = faults.around.bind(faults);
  faults.around = async (name, of, act) => {
    const reply = await around(name, of, act);
    const used = usedOn(scene.node);
    Object.assign(most, { cpu: Math.max(most.cpu, used.cpu), memory: Math.max(most.memory, used.memory) });
    return reply;
  };
  const ids: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    const run = await service.submit(submissionOf(specOf(pick(250, 500, 1500, 3000), pick(256, 1024, 4096))));
    ids.push(run.id);
    const [fault, call] = [pick('none', 'none', 'fail', 'lose'), pick('create', 'list', 'start', 'delete')] as const;
    if (fault === 'fail') faults.fail(call, { times: 1 });
    if (fault === 'lose') faults.loseReply(call, { times: 1 });
    await scene.clock.advance(pick(0, 500, 3000, 10_000));
  }
  faults.clear();
  const destroyed = destroyWorker(cli, 'mix-1000-2048', { backend: 'memory' });
  await scene.clock.advance(600_000);
  await destroyed;
  const states = await Promise.all(ids.map(async (id) => (await service.run(id)).state));
  expect(new Set(states)).toEqual(new Set(['completed']));
  expect(most.cpu).toBeLessThanOrEqual(4000);
  expect(most.memory).toBeLessThanOrEqual(8192);
  // The node was full at some time, so the bound was tried.
  expect(Math.max(most.cpu / 4000, most.memory / 8192)).toBeGreaterThan(0.9);
  expect(scene.node.list()).toEqual([]);
});

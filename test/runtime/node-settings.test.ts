import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Entry, OpenOptions } from '../../src/backends/ports/entry.js';
import { decidingEnv } from '../../src/runtime/deciding.js';
import { oneOfEach, openDecided, openNodes } from '../../src/runtime/nodes.js';
import { memoryEntry } from '../memory/entry.js';
import { manualClock } from '../support/manual-clock.js';

/** Two nodes of one kind, and how they were opened and closed. */
function twoOfMemory({ env = {}, failures = 0 }: { env?: Record<string, string>; failures?: number } = {}) {
  const opened: OpenOptions[] = [];
  const closed: string[] = [];
  let left = failures;
  const open = (options: OpenOptions) => {
    opened.push(options);
    if (left > 0) throw new Error(`no answer ${(left -= 1)}`);
    return { name: options.node, close: () => void closed.push(options.node) } as Backend;
  };
  const entry: Entry = { ...memoryEntry(open), deciding: ['MEMORY_PROFILE'] };
  const settings = [
    { name: 'memory', settings: {} },
    { name: 'memory@two', settings: { node: 'b' } },
  ];
  const nodes = openNodes({ entries: [entry], nodes: settings, env, clock: manualClock() });
  return { entry, nodes, opened, closed };
}

describe('a node', () => {
  test('is opened once, in the environment that its settings decide', async () => {
    const { nodes, opened } = twoOfMemory({ env: { MAYFLY_MEMORY_NODE: 'a', PATH: '/bin' } });
    const [first, again, second] = await Promise.all([nodes.open('memory'), nodes.open('memory'), nodes.open('memory@two')]);
    expect([first.name, second.name, again === first]).toEqual(['memory', 'memory@two', true]);
    expect(opened.map(({ node, env }) => [node, env])).toEqual([
      ['memory', { MAYFLY_MEMORY_NODE: 'a', PATH: '/bin' }],
      ['memory@two', { MAYFLY_MEMORY_NODE: 'b', PATH: '/bin' }],
    ]);
  });

  test('that could not be opened is opened again by the next call', async () => {
    const { nodes, opened } = twoOfMemory({ failures: 1 });
    await expect(nodes.open('memory')).rejects.toThrow('no answer 0');
    expect((await nodes.open('memory')).name).toBe('memory');
    expect(opened).toHaveLength(2);
  });

  test('is closed if it was opened', async () => {
    const { nodes, closed } = twoOfMemory();
    await nodes.open('memory@two');
    nodes.close();
    await Promise.resolve();
    expect(closed).toEqual(['memory@two']);
  });

  test('is decided by its own settings, the variables of its kind, and those of the user', () => {
    const { nodes } = twoOfMemory({
      env: { MAYFLY_MEMORY_NODE: 'a', MEMORY_PROFILE: 'p', HOME: '/h', TMPDIR: '/t', PATH: '/bin', DOCKER_HOST: 'tcp://h:1' },
    });
    const common = { MEMORY_PROFILE: 'p', HOME: '/h', TMPDIR: '/t' };
    expect([nodes.deciding('memory'), nodes.deciding('memory@two')]).toEqual([
      { ...common, MAYFLY_MEMORY_NODE: 'a' },
      { ...common, MAYFLY_MEMORY_NODE: 'b' },
    ]);
  });

  test('is in use if it has settings', () => {
    const { nodes } = twoOfMemory();
    expect([nodes.names, nodes.chosen]).toEqual([['memory', 'memory@two'], ['memory@two']]);
  });

  test('is asked without being named if its kind is', () => {
    const entry = memoryEntry(() => ({}) as Backend);
    const kinds = [entry, { ...entry, name: 'far', unnamed: false }];
    const nodes = openNodes({ entries: kinds, nodes: oneOfEach(kinds, {}), env: {}, clock: manualClock() });
    expect([nodes.names, nodes.unnamed]).toEqual([['memory', 'far'], ['memory']]);
  });
});

test('a node of each kind has the settings of its kind', () => {
  const entry = memoryEntry(() => ({}) as Backend);
  expect(oneOfEach([entry, { ...entry, name: 'far' }], { far: { node: 'x' } })).toEqual([
    { name: 'memory', settings: {} },
    { name: 'far', settings: { node: 'x' } },
  ]);
});

test('a keeper opens a node as the command found it: its own variables do not count', async () => {
  const { entry, opened } = twoOfMemory();
  const asked = decidingEnv([entry], { MAYFLY_MEMORY_NODE: 'a', HOME: '/h' });
  const own = { MAYFLY_MEMORY_NODE: 'mine', MEMORY_PROFILE: 'mine', TMPDIR: '/mine', PATH: '/bin' };
  await openDecided([entry], 'memory@two', asked, { env: own, clock: manualClock() });
  expect(opened).toMatchObject([{ node: 'memory@two' }]);
  expect(opened[0]!.env).toEqual({ MAYFLY_MEMORY_NODE: 'a', HOME: '/h', PATH: '/bin' });
});

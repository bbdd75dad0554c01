import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { OpenOptions } from '../../src/backends/ports/entry.js';
import { composeRuntime } from '../../src/runtime/compose.js';
import { defaultSettings, type Settings } from '../../src/worker/settings.js';
import { memoryEntry } from '../memory/entry.js';
import { makeOffer } from '../memory/offer.js';
import { smallSpec } from '../memory/scene.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

/** A runtime of the backend in memory alone. */
async function composed(settings: Partial<Settings> = {}) {
  const opened: OpenOptions[] = [];
  const entries = [memoryEntry((options) => (opened.push(options), { name: options.node, close: () => {} } as Backend))];
  const clock = manualClock();
  const env = { MAYFLY_MEMORY_NODE: 'from-env' };
  const stateDir = await tempDir('compose');
  const runtime = composeRuntime({ entries, env, stateDir, clock, settings: { ...defaultSettings, ...settings } });
  return { runtime, opened, clock, stateDir };
}

test('a runtime has a node of each kind, with the settings of its kind', async () => {
  const { runtime, opened, clock } = await composed({ backends: { memory: { node: 'from-settings' } } });
  expect(runtime.nodes.names).toEqual(['memory']);
  expect((await runtime.openNode('memory')).name).toBe('memory');
  expect(opened).toEqual([{ node: 'memory', env: { MAYFLY_MEMORY_NODE: 'from-settings' }, clock }]);
});

test('objects are born with the cap of the settings', async () => {
  const { runtime } = await composed({ maxLifetime: 4321 });
  const spec = smallSpec();
  const offer = makeOffer(spec, { name: 'memory', endpoint: 'memory:', has: { cpu: 1000, memory: 1000 }, keeper: null, price: null });
  const stack = await runtime.synthesize({ spec, offer });
  expect(stack.resource!['memory_container']!['engine']!['labels']).toMatchObject({ 'dev.mayfly.max_lifetime': '4321' });
});

const remote = { stateBackend: { type: 'pg', config: {} } } as const;
test.for<[applier: 'embedded' | 'terraform' | 'tofu', settings: Partial<Settings>, refused: boolean]>([
  ['embedded', {}, false],
  ['embedded', remote, true],
  ['terraform', remote, false],
  ['tofu', {}, false],
])('the applier %s with the settings %o', async ([name, settings, refused]) => {
  const { runtime } = await composed(settings);
  const code = await Promise.resolve(runtime.openApplier(name)).then(
    () => null,
    (error: { code: string }) => error.code,
  );
  expect(code).toBe(refused ? 'settings_invalid' : null);
});

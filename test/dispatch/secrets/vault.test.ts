import { expect, test } from 'vitest';
import { findStoreKey } from '../../../src/dispatch/secrets/key.js';
import { openVault } from '../../../src/dispatch/secrets/vault.js';
import { load } from '../outside/support.js';

const key = findStoreKey({ env: { MAYFLY_STORE_KEY: 'ab'.repeat(32) }, file: '/nowhere', random: () => Buffer.alloc(0) });
const run = '8f14e45f-ceea-467f-a8a4-6e2f3c1b2d3e';

test('a spec is split for the store, and whole again for its worker', () => {
  const vault = openVault(key, (bytes) => Buffer.alloc(bytes, 7));
  const { spec } = load({ max_duration: 60, engine: { image: 'alpine', env: { TOKEN: 'tok-1234' } } });
  const { shown, sealed } = vault.split(spec);
  const stored = sealed(run);
  expect(shown.engine?.env).toEqual({ TOKEN: '(secret)' });
  expect(Buffer.from(stored!).includes('tok-1234')).toBe(false);
  expect(vault.secrets(run, stored)).toEqual({ '/engine/env/TOKEN': 'tok-1234' });
  expect(vault.join(run, JSON.parse(JSON.stringify(shown)) as typeof shown, stored)).toEqual(spec);
  expect(() => vault.join('another', shown, stored)).toThrow('its secrets were changed, or belong to another run');
});

test('a spec without secrets stores none', () => {
  const vault = openVault(key, (bytes) => Buffer.alloc(bytes, 7));
  const { spec } = load({ max_duration: 60, engine: { image: 'alpine' } });
  const { shown, sealed } = vault.split(spec);
  expect([shown, sealed(run), vault.secrets(run, null), vault.join(run, shown, null)]).toEqual([spec, null, {}, spec]);
});

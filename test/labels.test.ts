import { expect, test } from 'vitest';
import { labelKeys, portableText } from '../src/labels.js';

test('a label’s value is made of what AWS takes, and no longer than that', () => {
  expect(portableText('a|b & c<d>"e"#f')).toBe('a b   c d  e  f');
  expect(portableText('é火1_.:/=+-@')).toBe('é火1_.:/=+-@');
  expect(portableText('x'.repeat(300))).toBe('x'.repeat(256));
});

test('labels have the names that objects of earlier versions carry', () => {
  expect(labelKeys).toEqual({
    worker: 'dev.mayfly.worker',
    lifetime: 'dev.mayfly.lifetime',
    maxLifetime: 'dev.mayfly.max_lifetime',
    address: 'dev.mayfly.address',
    ends: 'dev.mayfly.ends',
    maxDuration: 'dev.mayfly.max_duration',
    exec: 'dev.mayfly.exec',
    keeper: 'dev.mayfly.keeper',
    once: 'dev.mayfly.once',
    containers: 'dev.mayfly.containers',
    copied: 'dev.mayfly.copied',
    storage: 'dev.mayfly.storage',
    owner: 'dev.mayfly.owner',
    origin: 'dev.mayfly.origin',
    shared: 'dev.mayfly.shared',
    cluster: 'dev.mayfly.cluster',
    pull: 'dev.mayfly.pull.',
    tags: 'dev.mayfly.tags',
    cache: 'dev.mayfly.cache',
    cacheHolder: 'dev.mayfly.cache_holder',
    cacheKeep: 'dev.mayfly.cache_keep',
    cacheRemoval: 'dev.mayfly.cache_removal',
    cacheSize: 'dev.mayfly.cache_size',
    cacheUsed: 'dev.mayfly.cache_used',
    cacheWriter: 'dev.mayfly.cache_writer',
    retain: 'dev.mayfly.retain',
    retained: 'dev.mayfly.retained',
    runner: 'dev.mayfly.runner',
    until: 'dev.mayfly.until',
    keeperObeys: 'dev.mayfly.keeper_obeys',
    asks: 'dev.mayfly.asks',
    dispatcher: 'dev.mayfly.dispatcher',
    name: 'dev.mayfly.name',
    id: 'dev.mayfly.id',
    organization: 'dev.mayfly.organization',
    parent: 'dev.mayfly.parent',
  });
});

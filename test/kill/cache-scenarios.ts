import { topOf } from '../../src/lease/cache-state.js';
import { openDocker } from '../backends/docker/support.js';
import { type DockerObject, must, ownedObjects, removeOwned } from '../support/docker.js';
import { makeWorker } from './make-worker.js';
import type { Scenario } from './run-points.js';
import { command } from './scenarios.js';
import { hours, smallSpec } from './worker-file.js';

/** The cache of a lane, and another worker that writes it. */
export const cacheOf = (worker: string) => `${worker}-c`;
export const writerOf = (worker: string) => `${worker}-w`;

/** A label of the seeded files: a volume that was removed and made again lacks it. */
const seeded = 'test.seeded';
const day = 86_400;

const { caches } = openDocker();

/** Makes a cache that was used before. `holder`: the worker that writes it. */
async function seed(worker: string, holder: string | null): Promise<void> {
  await removeCache(worker);
  const name = cacheOf(worker);
  const labels = { 'dev.mayfly.cache': name, [seeded]: 'true' };
  const volume = (Name: string, Labels: Record<string, string>) => must('POST', '/volumes/create', { Name, Labels });
  await volume(`mayfly_cache.${name}`, labels);
  if (holder !== null) {
    const terms = { 'dev.mayfly.lifetime': String(day), 'dev.mayfly.max_lifetime': String(day) };
    await volume(`mayfly-${holder}_cache.${name}`, { 'dev.mayfly.worker': holder, 'dev.mayfly.cache': name, ...terms });
  }
  const record = { cache: name, number: 1, holder, removal: false, usedAt: Date.now(), keep: 7 * day, sizeMB: 100 };
  if (!(await caches!.write(record))) throw new Error(`${name} has a record before its first`);
}

/** Removes what a lane has of a cache. */
export async function removeCache(worker: string): Promise<void> {
  for (const name of [cacheOf(worker), writerOf(worker)]) await removeOwned(name);
}

/** @returns what is wrong with a cache that must be whole, and be written by `holder` */
async function faultsOf(worker: string, holder: string | null): Promise<string[]> {
  const name = cacheOf(worker);
  const files = (await ownedObjects(name)).filter((object) => object.name === `mayfly_cache.${name}`);
  const top = topOf((await caches!.list()).find((cache) => cache.name === name) ?? { name, records: [] });
  return [
    ...(files.some(isSeeded) ? [] : [`the files of the cache are ${files.length === 0 ? 'lost' : 'others'}`]),
    ...(top && top.holder === holder && !top.removal ? [] : [`the record of the cache is ${JSON.stringify(top)}`]),
  ];
}

function isSeeded({ labels }: DockerObject): boolean {
  return labels[seeded] === 'true';
}

async function goneOrWhole(worker: string): Promise<string[]> {
  return (await ownedObjects(cacheOf(worker))).length === 0 ? [] : faultsOf(worker, null);
}

const spec = (worker: string) => ({
  ...smallSpec(worker, hours),
  caches: [{ name: cacheOf(worker), to: '/cache', in: 'engine', keep: '7d' }],
});

/** Calls that change something: the others are in the scenarios without a cache. */
const changes = /^(POST|PUT|DELETE) /;

export const cacheScenarios: Scenario[] = [
  {
    name: 'apply of the writer of a cache',
    prepare: ({ worker }) => seed(worker, null),
    start: command('apply', 'SPEC', '--auto-approve'),
    recoveries: ['destroy', 'gc', 'destroy elsewhere', 'gc elsewhere'],
    spec,
    only: changes,
    check: ({ worker }) => faultsOf(worker, null),
  },
  {
    name: 'apply beside the writer of a cache',
    prepare: ({ worker }) => seed(worker, writerOf(worker)),
    start: command('apply', 'SPEC', '--auto-approve'),
    recoveries: ['destroy', 'gc', 'destroy elsewhere', 'gc elsewhere'],
    spec,
    only: changes,
    check: ({ worker }) => faultsOf(worker, writerOf(worker)),
  },
  {
    name: 'destroy of the writer of a cache',
    async prepare(stage) {
      await seed(stage.worker, stage.worker);
      await makeWorker(stage);
    },
    start: command('destroy', 'NAME', '--auto-approve'),
    recoveries: ['gc', 'gc elsewhere'],
    spec,
    only: changes,
    check: ({ worker }) => faultsOf(worker, null),
  },
  {
    name: 'cache rm',
    prepare: ({ worker }) => seed(worker, null),
    start: (stage) => command('cache', 'rm', cacheOf(stage.worker))(stage),
    recoveries: ['gc', 'gc elsewhere'],
    spec,
    only: changes,
    check: ({ worker }) => goneOrWhole(worker),
  },
];

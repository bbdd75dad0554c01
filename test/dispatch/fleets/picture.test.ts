import { expect, test } from 'vitest';
import { type Picture, pictureOf } from '../../../src/dispatch/fleets/picture.js';
import type { Node } from '../../../src/dispatch/nodes/node.js';
import type { Answer } from '../../../src/dispatch/nodes/offers.js';
import type { Run } from '../../../src/dispatch/run.js';
import { scale } from '../../../src/tasks/fleets/scale.js';
import { defaultFleetSettings } from '../../../src/tasks/fleets/settings.js';
import type { Need } from '../../../src/tasks/fleets/snapshot.js';
import { noStarts } from '../../../src/tasks/fleets/starts.js';
import { smallSpec } from '../../memory/scene.js';

const spec = smallSpec();
const asks = { cpu: spec.cpu, memory: spec.memory };
const command: Need = { by: 'task c', container: 'engine', asks, timeout: 1000, count: 1 };
const module: Need = { ...command, by: 'task m', modules: true };

function node(name: string, isFull: boolean): [string, Node] {
  const capacity = { cpu: null, memory: null, storage: null };
  const used = { cpu: 0, memory: 0, storage: 0 };
  const terms = { labels: {} };
  const closedBecause = () => (isFull ? ['is full'] : []);
  return [
    name,
    { name, terms, capacity, ceiling: { workers: 4 }, skew: 0, closedBecause, count: () => ({ used, workers: [] }) } as unknown as Node,
  ];
}

function run(id: string, on: string): Run {
  return {
    id,
    state: 'running',
    node: on,
    worker: `${id}-worker`,
    spec,
    createdAt: 0,
    readyAt: 0,
    ends: null,
    fleet: null,
    primary: null,
  } as unknown as Run;
}

/** Commands run on `plain` and `wasm`, modules on `wasm`. */
function picture({ isFull = false, waiting = [], ...more }: { isFull?: boolean; waiting?: Need[] } & Partial<Picture>): Picture {
  const offer = { accepted: true, price: null };
  return {
    ...{ now: 0, of: 'fleet', own: [], runs: [], nodes: new Map([node('plain', false), node('wasm', isFull)]) },
    fleet: { id: 'f', organisation: 'team', spec, min: 0, max: 4, idle: 1000, nodes: {}, state: 'open' },
    answers: ['plain', 'wasm'].map((name) => ({ node: name, offer })) as unknown as Answer[],
    ...{ most: {}, budget: null, starts: noStarts, settings: defaultFleetSettings },
    demand: { waiting: () => waiting, isBusy: () => false, idleSince: () => null, freeOf: (_worker, rooms) => rooms },
    asideReason: () => null,
    needs: [],
    runsModules: (name) => name === 'wasm',
    ...more,
  };
}

const below = { id: 'f', organisation: 'team', spec, min: 1, max: 4, idle: 1000, nodes: {}, state: 'open' } as const;

test.each<[string, Parameters<typeof picture>[0], string[], number]>([
  ['commands start on every node', { waiting: [command] }, ['plain', 'wasm'], 1],
  ['modules start on nodes that run them', { waiting: [module] }, ['wasm'], 1],
  ['modules wait for such a node', { waiting: [module], isFull: true }, ['wasm'], 0],
  ['commands start there too while modules wait', { waiting: [module, command] }, ['wasm'], 2],
  ['commands do not wait for modules', { waiting: [module, command], isFull: true }, ['plain', 'wasm'], 1],
  ['the minimum does not wait for modules', { waiting: [module], isFull: true, fleet: below }, ['plain', 'wasm'], 1],
  ['stealers for modules start on nodes that run them', { waiting: [module], of: 'run' }, ['wasm'], 1],
])('%s', (_title, given, nodes, grows) => {
  const snapshot = pictureOf(picture(given));
  expect([snapshot.offers.map(({ node: name }) => name), scale(snapshot).grow.length]).toEqual([nodes, grows]);
});

test('a stealer takes modules where its node runs them, and a primary takes its own', () => {
  const own = [run('f', 'plain'), run('s1', 'plain'), run('s2', 'wasm')];
  const { workers } = pictureOf(picture({ of: 'run', own }));
  expect(workers.map((one) => [one.run, one.modules])).toEqual([
    ['f', true],
    ['s1', false],
    ['s2', true],
  ]);
});

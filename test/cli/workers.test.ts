import { expect, test } from 'vitest';
import { assertNoWorkers, workersOf } from '../../src/cli/commands/apply/workers.js';
import { fleetReply, runReply } from '../../src/client/documents.js';
import { humanFleet } from '../../src/views/fleet-view.js';
import { humanRun } from '../../src/views/run-view.js';

test.each([
  [{}, null],
  [{ workers: '4' }, { min: 1, max: 4 }],
  [
    { workers: '2-4', aux: 'pool' },
    { min: 2, max: 4, aux: 'pool' },
  ],
])('%j asks for %j', (options, workers) => {
  expect(workersOf({ workers: undefined, aux: undefined, ...options })).toEqual(workers);
});

test.each([
  [{ aux: 'pool' }, '--aux: needs --workers'],
  [{ workers: 'many' }, '--workers: must be MAX or MIN-MAX, got many'],
  [{ workers: '2-' }, '--workers: must be MAX or MIN-MAX, got 2-'],
])('%j is refused', (options, text) => {
  expect(() => workersOf({ workers: undefined, aux: undefined, ...options })).toThrow(text.split(': ')[1]);
});

test('workers without a server are refused: there is no queue', () => {
  expect(() => assertNoWorkers({ workers: '4', aux: undefined })).toThrow('needs a server: a worker without one has no queue of tasks');
  expect(() => assertNoWorkers({ workers: undefined, aux: undefined })).not.toThrow();
});

const run = runReply.parse({
  ...{ id: 'a', name: 'ci', state: 'running', reason: null, node: 'n', worker: 'w', labels: {}, attempt: 1, created: null, last_try: null },
  ...{ ready: null, ends: null, completed: null, exit_code: null },
  ...{ workers: { min: 1, max: 4, aux: 'pool' }, stealers: [{ run: 'b', state: 'running', node: 'n' }], missing: 'no room' },
});

test('a run is shown with its stealers', () => {
  expect(humanRun(run, [], 0).split('\n').slice(-3)).toEqual([
    '  workers   1 to 4, from the fleet pool',
    '  stealer   b running on n',
    '  missing   no room',
  ]);
});

test('a fleet is shown with the runs that have borrowed its workers', () => {
  const worker = { run: 'b', state: 'running', node: 'n', worker: 'w', ready: null, ends: null };
  const workers = [
    { ...worker, lent_to: 'a' },
    { ...worker, lent_to: null },
  ];
  const fleet = fleetReply.parse({ name: 'pool', state: 'open', min: 0, max: 4, idle: 60, aux: 2, refused: null, workers });
  expect(humanFleet(fleet, 0).split('\n')).toEqual([
    'pool · open · 0 to 4 workers, 2 ready, idle ones end after 1 min, lends up to 2',
    '  RUN   STATE     NODE   ENDS   LENT TO',
    '  b     running   n             a',
    '  b     running   n',
  ]);
});

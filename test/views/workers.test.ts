import { describe, expect, test } from 'vitest';
import type { ContainerState } from '../../src/backends/ports/container-state.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { MayflyError } from '../../src/errors.js';
import { humanFinding } from '../../src/views/finding-view.js';
import { workersDocument, workersTable } from '../../src/views/list-view.js';
import { humanShown } from '../../src/views/show-view.js';
import { missing, noteUnreachable } from '../../src/views/unreachable-view.js';
import type { WorkerSummary } from '../../src/worker/list.js';
import type { Unreachable } from '../../src/worker/locate.js';
import type { Ended, Shown } from '../../src/worker/show.js';
import { marks } from './support.js';

const now = new Date(2026, 0, 2, 3, 0, 0).getTime();
const minute = 60_000;

const engine: ContainerState = { container: 'engine', status: 'running', exitCode: null };
const db: ContainerState = { container: 'db', status: 'exited', exitCode: 137 };
const cache: ContainerState = { container: 'cache', status: 'paused', exitCode: null };

function object(name: string): OwnedObject {
  const labels = {} as OwnedObject['labels'];
  return { id: `id-${name}`, name, type: 't', address: `t.${name}`, worker: 'w', labels, createdAt: 0, status: 'running', exitCode: null };
}

function worker(more: Partial<WorkerSummary>): WorkerSummary {
  return {
    name: 'w',
    specName: more.name ?? 'w',
    backend: 'docker',
    endpoint: 'unix:///var/run/docker.sock',
    status: 'ready',
    why: null,
    createdAt: Date.UTC(2026, 0, 2),
    ends: { endsAt: now + 5 * minute, from: 'lease' },
    containers: [engine],
    objects: [object('mayfly-w.engine'), object('mayfly-w.work')],
    ...more,
  };
}

describe('the list of workers', () => {
  test('for a terminal: one that is degraded says why', () => {
    const degraded = worker({ name: 'other', backend: 'aws', status: 'degraded', containers: [engine, db, cache], objects: [object('a')] });
    expect(workersTable([worker({}), degraded], now)).toBe(
      [
        'WORKER   BACKEND   STATUS                                  ENDS       OBJECTS',
        'w        docker    ready                                   in 5 min   2',
        'other    aws       degraded: db exited 137, cache paused   in 5 min   1',
      ].join('\n'),
    );
  });

  test('a worker of a dispatcher has the name of its spec beside its own', () => {
    const [, line] = workersTable([worker({ name: 'rmfrggzdfmztwq', specName: 'ci' })], now).split('\n');
    expect(line).toMatch(/^rmfrggzdfmztwq \(ci\) +docker +ready /);
  });

  test('for programs: names of objects, times in UTC', () => {
    expect(workersDocument([worker({ ends: { endsAt: Date.UTC(2026, 0, 3), from: 'birth' } })])).toEqual([
      {
        name: 'w',
        specName: 'w',
        backend: 'docker',
        endpoint: 'unix:///var/run/docker.sock',
        status: 'ready',
        why: null,
        containers: [engine],
        created: '2026-01-02T00:00:00.000Z',
        ends: '2026-01-03T00:00:00.000Z',
        objects: ['mayfly-w.engine', 'mayfly-w.work'],
      },
    ]);
  });
});

describe('one worker', () => {
  const shown = (more: Partial<Shown>): Shown => ({
    worker: worker({}),
    containers: [
      { ...engine, outOfMemory: false, lastLines: [] },
      { ...db, outOfMemory: true, lastLines: ['killed'] },
    ],
    armed: [],
    ports: {},
    now,
    sizes: null,
    history: [],
    ...more,
  });

  test('its containers, and the layers that end it', () => {
    const armed = [
      { layer: 'keeper', detail: 'pid 1', endsBy: now + 5 * minute },
      { layer: 'EventBridge', detail: 'schedule', endsBy: now + 26 * 60 * minute },
    ];
    expect(humanShown(shown({ armed })).join('\n').split('\n')).toEqual([
      'w · docker · ready · ends 03:05:00 (in 5 min; by its lease)',
      '  engine   running',
      '  db       exited 137, out of memory',
      '  ended by:',
      '    keeper (pid 1), by 03:05:00 at the latest',
      '    EventBridge (schedule), by 2026-01-03 05:00:00 at the latest',
    ]);
  });

  test('the disk that it uses', () => {
    const sizes = [
      { worker: 'w', what: 'volume work', usedMB: 7, sizeMB: 100 },
      { worker: 'w', what: 'engine', usedMB: 0, sizeMB: null },
    ];
    expect(humanShown(shown({ sizes })).join('\n').split('\n').slice(3, 6)).toEqual([
      '  disk:',
      '    volume work   7 MB of 100 MB',
      '    engine        0 MB, not limited',
    ]);
  });

  test('nothing that ends it is said too', () => {
    expect(humanShown(shown({})).slice(2)).toEqual(['  ended by:', '    nothing that is alive here; run `mayfly gc` when its time is up']);
  });

  test.each([
    [now, '03:00:00 (0 s ago)'],
    [now - minute, '02:59:00 (1 min ago)'],
  ])('a time that is up promises nothing', (endsAt, text) => {
    const armed = [{ layer: 'keeper', detail: 'pid 1', endsBy: endsAt }];
    const lines = humanShown(shown({ worker: worker({ ends: { endsAt, from: 'birth' } }), armed }));
    expect([lines[0], ...lines.slice(2)]).toEqual([
      `w · docker · ready · its time was up at ${text}`,
      '  it should be gone soon; if not, run `mayfly gc`',
    ]);
  });

  test('one that has ended: how each of its lives ended, with last lines', () => {
    const entry = (more: Partial<Ended>): Ended => ({
      worker: 'w',
      backend: 'docker',
      endpoint: 'e',
      reason: 'engine_ended',
      why: 'engine ended with exit code 0',
      endedAt: now - minute,
      containers: [
        { container: 'engine', status: 'exited', exitCode: 0, outOfMemory: false, lastLines: ['one', 'two'] },
        { container: 'db', status: 'exited', exitCode: 137, outOfMemory: true, lastLines: [] },
        { container: 'cache', status: 'running', exitCode: null, outOfMemory: false, lastLines: [] },
      ],
      exitCode: 0,
      ...more,
    });
    const history = [entry({}), entry({ reason: 'storage_exceeded', why: 'volume work uses 60 MB of 50 MB', containers: [] })];
    expect(humanShown(shown({ worker: null, containers: [], history }))).toEqual([
      'w ended at 02:59:00: engine ended with exit code 0',
      '  engine: exit code 0',
      '    | one',
      '    | two',
      '  db: exit code 137, out of memory',
      '  cache: was running',
      'w ended at 02:59:00: volume work uses 60 MB of 50 MB',
    ]);
  });
});

describe('backends that do not answer', () => {
  const unreachable = (backend: Unreachable['backend'], inUse: boolean, remedy?: string): Unreachable => ({
    backend,
    error: new MayflyError('backend_unreachable', { cause: 'no route\u0007', ...(remedy && { remedy }) }),
    inUse,
  });

  test('one in use is an error with its remedy, another a note', () => {
    const notes: string[] = [];
    noteUnreachable(
      (line) => notes.push(line),
      [unreachable('docker', true, 'start it'), unreachable('process', true), unreachable('aws', false, 'unheard')],
    );
    expect(notes).toEqual([
      'Error: docker could not be asked: no route\ufffd\n  → start it',
      'Error: process could not be asked: no route\ufffd',
      'aws is left out: no route\ufffd',
    ]);
  });

  test('a result is incomplete without those in use', () => {
    expect(missing([unreachable('docker', true), unreachable('process', true), unreachable('aws', false)])).toBe(
      ' on the backends that answer; docker and process could not be asked',
    );
    expect(missing([unreachable('aws', false)])).toBe('');
  });
});

test.each([
  ['ok', undefined, 'green(ok) keeper: alive & well\ufffd'],
  ['note', undefined, 'yellow(--) keeper: alive & well\ufffd'],
  ['problem', 'run gc\u0007', 'red(!!) keeper: alive & well\ufffd\n     → run gc\ufffd'],
] as const)('a finding of doctor: %s', (kind, remedy, text) => {
  expect(humanFinding({ kind, subject: 'keeper', message: 'alive & well\u0007', ...(remedy && { remedy }) }, marks)).toBe(text);
});

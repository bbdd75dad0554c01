import { describe, expect, test } from 'vitest';
import { changesOf, driftOf, outputsOf, type ShownChange, type ShownPlan } from '../../../src/apply/terraform/plan-json.js';
import type { AttributeChange } from '../../../src/plan/plan.js';
import { unknown } from '../../../src/plan/values.js';
import type { Attributes, Value } from '../../../src/plan/resource-schema.js';
import { emptyState } from '../../../src/state/records.js';
import { graph, schemas } from './support.js';

const engine = 'docker_container.engine';
const build = 'docker_container.build';

function shown(
  address: string,
  actions: string[],
  before: Attributes | null,
  after: Attributes | null,
  more: Partial<ShownChange['change']> = {},
) {
  const [type, name] = address.split('.') as [string, string];
  return { address, mode: 'managed' as const, type, name, change: { actions, before, after, ...more } };
}

const planOf = (...resource_changes: ShownPlan['resource_changes'] & object): ShownPlan => ({ format_version: '1.2', resource_changes });
const nothing = { state: emptyState(), addresses: [], gone: [], overlooked: new Map<string, AttributeChange[]>() };
const context = { graph, schemas, adopted: nothing };
const one = (change: ShownChange) => changesOf(planOf(change), context)[0]!;

describe('changes', () => {
  test.each<[string, string[], string]>([
    ['nothing', ['no-op'], 'none'],
    ['create', ['create'], 'create'],
    ['update', ['update'], 'update'],
    ['delete', ['delete'], 'delete'],
    ['replace', ['delete', 'create'], 'replace'],
    ['replace, made first', ['create', 'delete'], 'replace'],
    ['read', ['read'], 'none'],
  ])('%s', (_title, actions, action) => {
    const before = actions[0] === 'create' && actions.length === 1 ? null : { id: 'abc' };
    expect(one(shown(engine, actions, before, actions[0] === 'delete' && actions.length === 1 ? null : { id: 'abc' }))).toMatchObject({
      address: engine,
      type: 'docker_container',
      name: 'engine',
      action,
      id: before?.id ?? null,
    });
  });

  test('come in the graph’s order, what has to go last; data sources are none of it', () => {
    const gone = shown('docker_volume.old', ['delete'], { id: 'v' }, null);
    const data = { ...shown('docker_image.x', ['read'], null, {}), mode: 'data' as const };
    const changes = changesOf(planOf(gone, data, shown(build, ['create'], null, {}), shown(engine, ['create'], null, {})), context);
    expect(changes.map(({ address }) => address)).toEqual([engine, build, 'docker_volume.old']);
    expect(changes.map(({ dependencies }) => dependencies)).toEqual([[], [engine], []]);
  });

  const attributes: Record<
    string,
    { change: ShownChange; expected: { path: string; before: Value; after: Value; replaces?: boolean; secret?: boolean }[] }
  > = {
    'one in place': {
      change: shown(engine, ['update'], { memory: 32 }, { memory: 64 }),
      expected: [{ path: 'memory', before: 32, after: 64 }],
    },
    'one that replaces': {
      change: shown(engine, ['delete', 'create'], { image: 'a' }, { image: 'b' }, { replace_paths: [['image']] }),
      expected: [{ path: 'image', before: 'a', after: 'b', replaces: true }],
    },
    'one below a block': {
      change: shown(
        engine,
        ['delete', 'create'],
        { ports: [{ internal: 1 }] },
        { ports: [{ internal: 2 }] },
        { replace_paths: [['ports', 0, 'internal']] },
      ),
      expected: [{ path: 'ports', before: [{ internal: 1 }], after: [{ internal: 2 }], replaces: true }],
    },
    'what the backend fills in anew is none': {
      change: shown(
        engine,
        ['delete', 'create'],
        { id: 'x', image: 'a' },
        { image: 'b' },
        { after_unknown: { id: true }, replace_paths: [['image']] },
      ),
      expected: [{ path: 'image', before: 'a', after: 'b', replaces: true }],
    },
    'one that is known once another is made': {
      change: shown(
        build,
        ['delete', 'create'],
        { network_mode: 'container:x' },
        {},
        { after_unknown: { network_mode: true }, replace_paths: [['network_mode']] },
      ),
      expected: [{ path: 'network_mode', before: 'container:x', after: unknown, replaces: true }],
    },
    'a secret by its schema': {
      change: shown(engine, ['update'], { env: ['A=1'] }, { env: ['A=2'] }),
      expected: [{ path: 'env', before: ['A=1'], after: ['A=2'], secret: true }],
    },
    'a secret by its variable': {
      change: shown(engine, ['update'], { command: ['a'] }, { command: ['b'] }, { after_sensitive: { command: true } }),
      expected: [{ path: 'command', before: ['a'], after: ['b'], secret: true }],
    },
    'null, false and empty are the same': {
      change: shown(engine, ['update'], { memory: 1, tty: false, command: [] }, { memory: 2, tty: null, command: null }),
      expected: [{ path: 'memory', before: 1, after: 2 }],
    },
  };
  test.each(Object.entries(attributes))('%s', (_title, { change, expected }) => {
    expect(one(change).attributes).toEqual(expected.map((attribute) => ({ replaces: false, secret: false, ...attribute })));
  });

  test('what is unknown is marked where it is', () => {
    const after_unknown = { ports: [{ external: true }], id: true, network_data: true };
    const { after } = one(shown(engine, ['create'], null, { name: 'n', ports: [{ internal: 80 }] }, { after_unknown }));
    expect(after).toEqual({ name: 'n', ports: [{ internal: 80, external: unknown }], id: unknown, network_data: unknown });
  });

  test('one that was not finished', () => {
    const change = { ...shown(engine, ['delete', 'create'], { id: 'x' }, {}), action_reason: 'replace_because_tainted' };
    expect(one(change)).toMatchObject({ action: 'replace', tainted: true });
  });
});

describe('what the provider only says it changes, or keeps', () => {
  const checks: [Value, Value] = [{ test: ['old'] }, { test: ['new'] }];
  const shownUpdate = (before: Attributes, after: Attributes) => shown(engine, ['update'], before, after);

  test('one that our own planner does not find is no change', () => {
    expect(one(shownUpdate({ healthcheck: [checks[0]] }, { healthcheck: [checks[1]] }))).toMatchObject({ action: 'none', attributes: [] });
    const both = one(shownUpdate({ memory: 1, healthcheck: [checks[0]] }, { memory: 2, healthcheck: [checks[1]] }));
    expect(both).toMatchObject({ action: 'update', attributes: [{ path: 'memory' }] });
  });

  test('one that was tainted for it is replaced for what our own planner found', () => {
    const own: AttributeChange = { path: 'command', before: ['a'], after: ['b'], replaces: true, secret: false };
    const change = {
      ...shown(engine, ['delete', 'create'], { command: ['a'], user: 'x' }, { user: null }, { after_unknown: { command: true } }),
      action_reason: 'replace_because_tainted',
    };
    const adopted = { ...nothing, overlooked: new Map([[engine, [own]]]) };
    expect(changesOf(planOf(change), { ...context, adopted })).toMatchObject([{ action: 'replace', attributes: [own], tainted: false }]);
  });

  test('what the image decides is no part of another replacement', () => {
    const change = shown(
      engine,
      ['delete', 'create'],
      { image: 'a', user: 'nobody' },
      { image: 'b', user: null },
      {
        replace_paths: [['image']],
      },
    );
    expect(one(change).attributes.map(({ path }) => path)).toEqual(['image']);
  });
});

describe('drift and outputs', () => {
  test('gone, changed, adopted; not what only the backend decides', () => {
    const resource_drift = [
      shown(engine, ['update'], { id: 'a', memory: 32, network_data: [{ ip_address: '1' }] }, { id: 'a', memory: 64, network_data: [] }),
      shown(build, ['delete'], { id: 'b' }, null),
      shown('docker_volume.v', ['update'], { driver_opts: null }, { driver_opts: {} }),
      shown('docker_volume.ours', ['update'], { name: 'a' }, { name: 'b' }),
    ];
    const drift = driftOf(
      { format_version: '1.2', resource_drift },
      { ...context, adopted: { ...nothing, addresses: ['docker_volume.ours'] } },
    );
    expect(drift).toEqual([
      { address: build, kind: 'gone', attributes: [] },
      { address: engine, kind: 'changed', attributes: [{ path: 'memory', before: 32, after: 64, replaces: false, secret: false }] },
      { address: 'docker_volume.ours', kind: 'adopted', attributes: [] },
    ]);
  });

  test('what the stack lets others change is no drift, what we took out of the state is', () => {
    const resource_drift = [shown(engine, ['update'], { labels: [] }, { labels: [{ label: 'a', value: 'b' }] })];
    const drift = driftOf({ format_version: '1.2', resource_drift }, { ...context, adopted: { ...nothing, gone: [build] } });
    expect(drift).toEqual([{ address: build, kind: 'gone', attributes: [] }]);
  });

  test('outputs that change, where a state remembers any', () => {
    const plan = {
      format_version: '1.2',
      output_changes: { b: { actions: ['update'] }, a: { actions: ['create'] }, c: { actions: ['no-op'] } },
    };
    expect(outputsOf(plan, { ...emptyState(), lineage: 'l' })).toEqual(['a', 'b']);
    expect(outputsOf(plan, emptyState())).toEqual([]);
  });
});

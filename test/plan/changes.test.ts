import { describe, expect, test } from 'vitest';
import { containerSchema, volumeSchema } from '../../src/backends/docker/resources/schemas.js';
import { type Existing, planChanges } from '../../src/plan/changes.js';
import { buildGraph } from '../../src/plan/graph.js';
import { type Change, countChanges } from '../../src/plan/plan.js';
import { unknown } from '../../src/plan/values.js';
import type { Attributes, Value } from '../../src/plan/resource-schema.js';
import type { Stack } from '../../src/plan/stack.js';
import { base, box, stackOf } from '../stacks/support.js';

const schemas = (type: string) => (type === 'docker_volume' ? volumeSchema : containerSchema);
const variables = {
  remote_key: 'r',
  self_key: 's',
  run_id: 'run',
  group_id: 'g',
  origin: '',
  runner: '',
  until: '9',
  asks: 'cpu=1 memory=1 storage=0',
  dispatcher: '',
  spec_name: 'ci',
};
const spec = {
  ...base,
  volumes: [{ name: 'work', storage: 50 }],
  engine: { image: 'alpine:3.20', port: 8080 },
  containers: [box('build', { mounts: [{ name: 'work', mount_point: '/work' }] }), box('lint')],
};

function plan(stack: Stack, existing: ReadonlyMap<string, Existing> = new Map()): Change[] {
  return planChanges({ graph: buildGraph(stack), variables, schemas, existing });
}

const brief = (changes: Change[]) => changes.filter(({ action }) => action !== 'none').map(({ action, address }) => `${action} ${address}`);

/** The changes, each with the attributes that differ; `!` marks those that force a replacement. */
const detailed = (changes: Change[]) =>
  changes
    .filter(({ action }) => action !== 'none')
    .map(({ action, address, attributes }) =>
      [action, address, ...attributes.map(({ path, replaces }) => (replaces ? `${path}!` : path))].join(' '),
    );

/** A worker as it is after an apply of the stack: every unknown is known, by its own address. */
function applied(stack: Stack): Map<string, Existing> {
  const existing = new Map<string, Existing>();
  const known = new Map<string, Attributes>();
  for (const { address, type, name, dependencies, after } of plan(stack)) {
    const id = `id of ${address}`;
    const attributes = JSON.parse(
      JSON.stringify(after)
        .replaceAll(`"container:${JSON.stringify(unknown).slice(1, -1)}"`, '"container:id of docker_container.engine"')
        .replaceAll(JSON.stringify(unknown), '"made"'),
    ) as Attributes;
    Object.assign(attributes, { id }, 'exit_code' in attributes && { exit_code: null });
    if (type === 'docker_container' && name !== 'engine') attributes['network_mode'] = 'container:id of docker_container.engine';
    if (Array.isArray(attributes['ports'])) {
      attributes['ports'] = attributes['ports'].map((port) => ({ ...(port as Record<string, Value>), external: 32768 }));
    }
    known.set(address, attributes);
    existing.set(address, { type, name, id, attributes, dependencies, tainted: false });
  }
  return existing;
}

describe('a plan', () => {
  test('of nothing yet creates all, each after what it refers to', () => {
    const changes = plan(stackOf(spec));
    expect(brief(changes)).toEqual([
      'create docker_volume.work',
      'create docker_container.engine',
      'create docker_container.build',
      'create docker_container.lint',
    ]);
    expect(countChanges(changes)).toEqual({ add: 4, change: 0, destroy: 0 });
  });

  test('of what is there already changes nothing', () => {
    expect(brief(plan(stackOf(spec), applied(stackOf(spec))))).toEqual([]);
  });

  const lint = (more: Record<string, unknown>) => ({ ...spec, containers: [spec.containers[0], box('lint', more)] });
  const joined = ['replace docker_container.build network_mode!', 'replace docker_container.lint network_mode!'];
  /** A spec edited, and the changes. */
  const edits: Record<string, [edited: Record<string, unknown>, changes: string[]]> = {
    'memory of one container': [lint({ memory: 65 }), ['update docker_container.lint memory memory_swap']],
    'memory of the engine': [{ ...spec, memory: 300 }, ['update docker_container.engine memory memory_swap']],
    'cpu of one container': [lint({ cpu: 101 }), ['replace docker_container.lint cpu_shares!']],
    'its environment': [lint({ env: { A: 'b' } }), ['replace docker_container.lint env!']],
    'its image': [lint({ image: 'busybox:2' }), ['replace docker_container.lint image!']],
    'its command': [lint({ command: ['x'] }), ['replace docker_container.lint command!']],
    'its mounts': [lint({ mounts: [{ name: 'work', mount_point: '/w' }] }), ['replace docker_container.lint volumes!']],
    'its healthcheck': [lint({ healthcheck: { command: ['CMD', 'true'], interval: 5 } }), ['replace docker_container.lint healthcheck!']],
    "the engine's image": [{ ...spec, engine: { image: 'alpine:4', port: 8080 } }, ['replace docker_container.engine image!', ...joined]],
    "the engine's port": [{ ...spec, engine: { image: 'alpine:3.20', port: 8081 } }, ['replace docker_container.engine ports!', ...joined]],
    'one more service': [
      { ...spec, service_containers: [box('db')] },
      ['replace docker_container.engine host!', joined[0]!, 'create docker_container.db', joined[1]!],
    ],
    'one container less': [
      { ...spec, containers: [spec.containers[0]] },
      ['replace docker_container.engine host!', joined[0]!, 'delete docker_container.lint'],
    ],
    'how long it lives': [{ ...spec, max_duration: 900 }, []],
    'its tags': [{ ...spec, tags: ['x'] }, []],
  };
  test.each(Object.entries(edits))('edited: %s', (_name, [edited, expected]) => {
    expect(detailed(plan(stackOf(edited), applied(stackOf(spec))))).toEqual(expected);
  });

  test('what joined a replaced engine is replaced, because of its network mode', () => {
    const changes = plan(stackOf({ ...spec, engine: { image: 'alpine:4', port: 8080 } }), applied(stackOf(spec)));
    const lint = changes.find(({ address }) => address === 'docker_container.lint');
    expect(lint?.attributes).toMatchObject([{ path: 'network_mode', replaces: true, after: unknown }]);
  });

  test('a container that stopped is started in place, an engine that stopped is replaced', () => {
    const stopped = (name: string) => {
      const existing = applied(stackOf(spec));
      Object.assign(existing.get(`docker_container.${name}`)!.attributes, { must_run: false, exit_code: 0 });
      return detailed(plan(stackOf(spec), existing));
    };
    expect(stopped('lint')).toEqual(['update docker_container.lint must_run']);
    expect(stopped('engine')).toEqual(['replace docker_container.engine must_run!', ...joined]);
  });

  test('what an earlier run left half made is replaced', () => {
    const existing = applied(stackOf(spec));
    existing.get('docker_container.lint')!.tainted = true;
    expect(brief(plan(stackOf(spec), existing))).toEqual(['replace docker_container.lint']);
  });

  test('an attribute that the type does not have is an error that names it', () => {
    const stack = stackOf(spec);
    Object.assign(stack.resource!['docker_container']!['lint']!, { memroy: 1 });
    expect(() => plan(stack)).toThrow(/docker_container has no attribute memroy/);
  });
});

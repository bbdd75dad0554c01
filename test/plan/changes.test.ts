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
const variables = { remote_key: 'r', self_key: 's', run_id: 'run', group_id: 'g', origin: '' };
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
    expect(brief(changes)).toEqual(
      ['create docker_volume.work', 'create docker_container.engine', 'create docker_container.build', 'create docker_container.lint'].sort(
        (a, b) => brief(changes).indexOf(a) - brief(changes).indexOf(b),
      ),
    );
    const at = (address: string) => changes.findIndex((change) => change.address === address);
    expect(at('docker_container.engine')).toBeLessThan(at('docker_container.build'));
    expect(at('docker_volume.work')).toBeLessThan(at('docker_container.engine'));
    expect(countChanges(changes)).toEqual({ add: 4, change: 0, destroy: 0 });
  });

  test('of what is there already changes nothing', () => {
    expect(brief(plan(stackOf(spec), applied(stackOf(spec))))).toEqual([]);
  });

  const lint = (more: Record<string, unknown>) => ({ ...spec, containers: [spec.containers[0], box('lint', more)] });
  const engineToo = ['replace docker_container.engine', 'replace docker_container.build', 'replace docker_container.lint'];
  /** A spec edited, what happens, and which attributes of the first that changes force it. */
  const edits: Record<string, [edited: Record<string, unknown>, changes: string[], forcing: string[]]> = {
    'memory of one container': [lint({ memory: 65 }), ['update docker_container.lint'], []],
    'memory of the engine': [{ ...spec, memory: 300 }, ['update docker_container.engine'], []],
    'cpu of one container': [lint({ cpu: 101 }), ['replace docker_container.lint'], ['cpus']],
    'its environment': [lint({ env: { A: 'b' } }), ['replace docker_container.lint'], ['env']],
    'its image': [lint({ image: 'busybox:2' }), ['replace docker_container.lint'], ['image']],
    'its command': [lint({ command: ['x'] }), ['replace docker_container.lint'], ['command']],
    'its mounts': [lint({ mounts: [{ name: 'work', mount_point: '/w' }] }), ['replace docker_container.lint'], ['volumes']],
    'its healthcheck': [lint({}), [], []],
    "the engine's image": [{ ...spec, engine: { image: 'alpine:4', port: 8080 } }, engineToo, ['image']],
    "the engine's port": [{ ...spec, engine: { image: 'alpine:3.20', port: 8081 } }, engineToo, ['ports']],
    'one more service': [{ ...spec, service_containers: [box('db')] }, ['create docker_container.db', ...engineToo], ['host']],
    'one container less': [
      { ...spec, containers: [spec.containers[0]] },
      ['delete docker_container.lint', 'replace docker_container.build', 'replace docker_container.engine'],
      ['host'],
    ],
    'how long it lives': [{ ...spec, max_duration: 900 }, [], []],
    'its tags': [{ ...spec, tags: ['x'] }, [], []],
  };
  test.each(Object.entries(edits))('edited: %s', (_name, [edited, expected, forcing]) => {
    const changes = plan(stackOf(edited), applied(stackOf(spec)));
    expect(brief(changes).sort()).toEqual([...expected].sort());
    const first = changes.find(({ action, address }) => action === 'replace' && (forcing[0] !== 'host' || address.endsWith('.engine')));
    const names = (first?.attributes ?? []).filter(({ replaces }) => replaces).map(({ path }) => path);
    if (first?.address.endsWith('.engine') || forcing.length > 0) expect(names).toEqual(forcing);
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
      return brief(plan(stackOf(spec), existing));
    };
    expect(stopped('lint')).toEqual(['update docker_container.lint']);
    expect(stopped('engine').sort()).toEqual([...engineToo].sort());
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

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { embeddedApplier } from '../../../src/apply/embedded/index.js';
import { schemasOf } from '../../../src/apply/refresh.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { systemClock } from '../../../src/clock.js';
import { planChanges } from '../../../src/plan/changes.js';
import { diffAttributes } from '../../../src/plan/diff.js';
import { buildGraph } from '../../../src/plan/graph.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { Attributes, Value } from '../../../src/plan/resource-schema.js';
import type { Stack } from '../../../src/plan/stack.js';
import { emptyState } from '../../../src/state/records.js';
import type { StateFile } from '../../../src/state/state-file.js';
import { WorkerDirectory } from '../../../src/state/worker-directory.js';
import { api, dockerAvailable, images, must, removeObject } from '../../support/docker.js';
import { resourceDoc } from '../../support/provider-schema.js';
import { afterTest, tempDir, uniqueName } from '../../support/temp-dir.js';
import { quietContext } from '../../contract/context.js';
import { openDocker } from './support.js';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/provider-state/${name}`, import.meta.url), 'utf8');
const variables = { remote_key: '11111111-2222-3333-4444-555555555555' };
/** The image that the fixtures name, as a tag of ours. */
const image = 'busybox:local';

/** The stack with another worker's name in its objects' names, so that it can be applied beside anything else. */
function renamed(text: string, from: string, to: string): string {
  return text.replaceAll(`"${from}"`, `"${to}"`).replaceAll(`"${from}-`, `"${to}-`).replaceAll(`/${from}-`, `/${to}-`);
}

async function apply(backend: Backend, name: string): Promise<StateFile> {
  const stack = JSON.parse(renamed(fixture('stack.tf.json'), 'w1', name)) as Stack;
  const changes = planChanges({ graph: buildGraph(stack), variables, schemas: schemasOf(backend), existing: new Map() });
  const directory = new WorkerDirectory(await tempDir('state'));
  const idle = new AbortController().signal;
  const { records } = await embeddedApplier.apply({ worker: name, stack, changes } as unknown as Plan, {
    ...quietContext(),
    backend,
    directory,
    state: emptyState(),
    variables,
    clock: systemClock,
    newId: randomUUID,
    parallelism: 10,
    stop: idle,
    abort: idle,
  });
  expect(records.size).toBe(5);
  return JSON.parse(readFileSync(directory.file('terraform.tfstate'), 'utf8')) as StateFile;
}

async function removeAll(name: string): Promise<void> {
  for (const id of ['build', 'db', 'engine']) await removeObject({ kind: 'container', id: `${name}-${id}` });
  for (const id of ['work', 'cache']) await removeObject({ kind: 'volume', id: `${name}-${id}` });
}

/** What no two runs have in common, replaced by what kind of thing it is; sets in one order. */
function comparable(file: StateFile, name: string): unknown {
  const { version, resources, outputs, check_results } = JSON.parse(renamed(JSON.stringify(file), name, 'w1')) as StateFile;
  return {
    version,
    check_results,
    outputs: JSON.parse(JSON.stringify(outputs), maskPort) as unknown,
    resources: resources.map(({ instances: [instance], ...resource }) => ({
      ...resource,
      instance: { ...instance, attributes: masked(instance.attributes, resource.type) },
    })),
  };
}

const maskPort = (key: string, value: unknown) => (key === 'external' ? typeof value : value);

function masked(attributes: Attributes, type: string): Attributes {
  const { attributes: plain = {}, block_types: blocks = {} } = resourceDoc(type).block;
  const isSet = (key: string) => blocks[key]?.nesting_mode === 'set' || plain[key]?.type[0] === 'set';
  const sorted = (value: Value) =>
    Array.isArray(value) ? [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;
  const entries = Object.entries(attributes).map(([key, value]): [string, Value] => [key, isSet(key) ? sorted(value) : value]);
  const known = Object.fromEntries(entries);
  const addresses = (known['network_data'] ?? []) as Record<string, Value>[];
  return JSON.parse(
    JSON.stringify({
      ...known,
      id: shape(known['id']),
      ...('hostname' in known && {
        hostname: shape(known['hostname']),
        network_mode: shape(known['network_mode']),
        network_data: addresses.map((one) => Object.fromEntries(Object.keys(one).map((key) => [key, typeof one[key]]))),
      }),
    }),
    maskPort,
  ) as Attributes;
}

/** Runs of hexadecimal digits by their length. */
function shape(value: Value | undefined): Value {
  return typeof value === 'string' ? value.replace(/[0-9a-f]{12,}/g, (id) => `<${id.length}>`) : (value ?? null);
}

describe.skipIf(!dockerAvailable())("the provider's own stack", () => {
  let name: string;
  let backend: Backend;
  let state: StateFile;

  beforeAll(async () => {
    name = uniqueName('p');
    backend = openDocker();
    const had = await api('GET', `/images/${image}/json`);
    if (had.status === 404) await must('POST', `/images/${images.busybox}/tag?repo=busybox&tag=local`);
    await backend.prepare();
    state = await apply(backend, name);
    return async () => {
      await removeAll(name);
      if (had.status === 404) await api('DELETE', `/images/${image}`);
      backend.close();
    };
  });

  test('leaves the state that the provider left', () => {
    expect(comparable(state, name)).toEqual(comparable(JSON.parse(fixture('terraform.tfstate')) as StateFile, 'w1'));
  });

  test('every attribute of the schema is named, and no other', () => {
    for (const { type, instances } of state.resources) {
      const { attributes = {}, block_types = {} } = resourceDoc(type).block;
      expect(Object.keys(instances[0].attributes)).toEqual([...Object.keys(attributes), ...Object.keys(block_types)].sort());
    }
  });

  test('reads back as it was written', async () => {
    for (const { type, name: id, instances } of state.resources) {
      const driver = backend.drivers[type]!;
      const { attributes } = instances[0];
      const actual = await driver.read(String(attributes['id']), attributes);
      expect(diffAttributes(attributes, actual!.attributes, driver.schema), `${type}.${id}`).toEqual([]);
    }
  });

  test('an object under one of its names that is not of this stack is an error', async () => {
    const other = uniqueName('p');
    afterTest(() => removeAll(other));
    await must('POST', '/volumes/create', { Name: `${other}-work`, Labels: { worker: 'another' } });
    await expect(apply(backend, other)).rejects.toMatchObject({ code: 'foreign_object' });
  });
});

import { describe, expect, test } from 'vitest';
import { adopt } from '../../../src/apply/terraform/adopt.js';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { withoutUnknown } from '../../../src/apply/refresh.js';
import { configuredAttributes, type Existing, scopeOf } from '../../../src/plan/changes.js';
import { wantedForCreate } from '../../../src/plan/diff.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import { emptyState, type State, type StateRecord } from '../../../src/state/records.js';
import { graph, schemas, stack, variables } from './support.js';

/** A container as the stack has it, less what only the backend decides. */
function asStack(name: string): Attributes {
  const schema = schemas('docker_container');
  const scope = scopeOf(variables, () => ({ id: 'engine-1' }));
  const configured = configuredAttributes(graph.get(`docker_container.${name}`)!, schema, scope);
  return withoutUnknown(wantedForCreate(configured, schema));
}

const existing = (name: string, attributes: Existing['attributes'] = {}): Existing => ({
  type: 'docker_container',
  name,
  id: `${name}-1`,
  attributes: { ...asStack(name), id: `${name}-1`, must_run: true, exit_code: null, ...attributes },
  dependencies: [],
  tainted: false,
});
const record = (name: string, attributes: StateRecord['attributes'] = {}): StateRecord => ({
  type: 'docker_container',
  name,
  attributes: { id: `${name}-1`, ...attributes },
  dependencies: [],
  tainted: false,
  sensitive: [],
});
const stateOf = (...records: StateRecord[]): State => ({
  lineage: 'l',
  serial: 4,
  outputs: {},
  records: new Map(records.map((one) => [`${one.type}.${one.name}`, one])),
});
const object = (name: string, status: OwnedObject['status']) => ({ id: `${name}-1`, status }) as OwnedObject;

const adopted = (state: State, found: Existing[], objects: OwnedObject[] = []) =>
  adopt(state, {
    stack,
    graph,
    variables,
    schemas,
    existing: new Map(found.map((one) => [`${one.type}.${one.name}`, one])),
    objects,
    startable: (type) => type === 'docker_container',
    newId: () => 'new-lineage',
  });

describe('the state that a CLI goes on from', () => {
  test('nothing there and nothing known: nothing', () => {
    expect(adopted(emptyState(), [])).toEqual({ state: emptyState(), addresses: [], gone: [], overlooked: new Map(), changed: false });
  });

  test('what it remembers rightly stays as it was, drift and all', () => {
    const state = stateOf(record('engine', { memory: 32 }));
    expect(adopted(state, [existing('engine', { memory: 64 })], [object('engine', 'running')])).toEqual({
      state,
      addresses: [],
      gone: [],
      overlooked: new Map(),
      changed: false,
    });
  });

  test('what is gone is taken out: a provider may wait for it for minutes', () => {
    const { state, gone, changed } = adopted(stateOf(record('engine'), record('build')), [existing('engine')]);
    expect({ serial: state.serial, left: [...state.records.keys()], gone, changed }).toEqual({
      serial: 5,
      left: ['docker_container.engine'],
      gone: ['docker_container.build'],
      changed: true,
    });
  });

  test('what the provider would keep is tainted, what it replaces or updates by itself is not', () => {
    const complete = (configured: Attributes) => ({ command: ['of the image'], healthcheck: null, ...configured });
    const cases: Record<string, Attributes> = {
      'a command that is not configured any more': { command: ['own'] },
      'a healthcheck that differs': { healthcheck: [{ test: ['old'] }] },
      'another image': { image: 'other' },
      'more memory': { memory: 999 },
    };
    const tainted = Object.entries(cases).map(([title, attributes]) => {
      const engine: Existing = { ...existing('engine', { command: ['of the image'], ...attributes }), complete };
      const { state, overlooked } = adopted(stateOf(record('engine')), [engine]);
      const paths = overlooked.get('docker_container.engine')?.map(({ path }) => path) ?? [];
      return [title, state.records.get('docker_container.engine')!.tainted, paths];
    });
    expect(tainted).toEqual([
      ['a command that is not configured any more', true, ['command']],
      ['a healthcheck that differs', true, ['healthcheck']],
      ['another image', false, []],
      ['more memory', false, []],
    ]);
  });

  test('what no state knows is adopted, with what it depends on and what is secret of it', () => {
    const { state, addresses, changed } = adopted(emptyState(), [existing('engine'), existing('build')]);
    expect({ addresses, changed, lineage: state.lineage, serial: state.serial }).toEqual({
      addresses: ['docker_container.build', 'docker_container.engine'],
      changed: true,
      lineage: 'new-lineage',
      serial: 1,
    });
    expect(state.records.get('docker_container.build')).toMatchObject({ dependencies: ['docker_container.engine'], tainted: false });
    expect(state.records.get('docker_container.engine')).toMatchObject({ sensitive: ['env'] });
  });

  test('another one under a name that is known takes its place', () => {
    const { state, addresses } = adopted(stateOf(record('engine', { id: 'older' })), [existing('engine')]);
    expect(addresses).toEqual(['docker_container.engine']);
    expect(state).toMatchObject({ lineage: 'l', serial: 5 });
    expect(state.records.get('docker_container.engine')?.attributes['id']).toBe('engine-1');
  });

  test('made and never started: tainted, known or not', () => {
    const known = adopted(stateOf(record('build')), [existing('build')], [object('build', 'created')]);
    expect({ ...known, state: known.state.records.get('docker_container.build')?.tainted }).toEqual({
      state: true,
      addresses: [],
      gone: [],
      overlooked: new Map(),
      changed: true,
    });
    expect(
      adopted(emptyState(), [existing('build')], [object('build', 'created')]).state.records.get('docker_container.build')?.tainted,
    ).toBe(true);
  });

  test('an engine that stopped is replaced, as the drivers have it; an executor is started again', () => {
    const stopped = { must_run: false, exit_code: 0 };
    const { state } = adopted(
      stateOf(record('engine'), record('build')),
      [existing('engine', { ...stopped, network_mode: 'mayfly' }), existing('build', { ...stopped, network_mode: 'container:engine-1' })],
      [object('engine', 'exited'), object('build', 'exited')],
    );
    expect([...state.records].map(([address, { tainted }]) => [address, tainted])).toEqual([
      ['docker_container.engine', true],
      ['docker_container.build', false],
    ]);
  });

  test('a container in a dead network namespace is replaced, and what says so is the reason', () => {
    const mode = 'dead since the restart of container:engine-1';
    const known = stateOf(record('engine'), record('build'));
    const { state, overlooked } = adopted(known, [
      existing('engine', { network_mode: 'mayfly' }),
      existing('build', { network_mode: mode }),
    ]);
    expect(state.records.get('docker_container.build')?.tainted).toBe(true);
    expect([...overlooked].map(([address, all]) => [address, ...all.map(({ path, before, after }) => [path, before, after])])).toEqual([
      ['docker_container.build', ['network_mode', mode, 'container:engine-1']],
    ]);
  });
});

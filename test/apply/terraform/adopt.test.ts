import { describe, expect, test } from 'vitest';
import { adopt } from '../../../src/apply/terraform/adopt.js';
import type { OwnedObject } from '../../../src/backends/backend.js';
import type { Existing } from '../../../src/plan/changes.js';
import { emptyState, type State, type StateRecord } from '../../../src/state/records.js';
import { graph, schemas, stack, variables } from './support.js';

const existing = (name: string, attributes: Existing['attributes'] = {}): Existing => ({
  type: 'docker_container',
  name,
  id: `${name}-1`,
  attributes: { id: `${name}-1`, must_run: true, exit_code: null, ...attributes },
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
    expect(adopted(emptyState(), [])).toEqual({ state: emptyState(), addresses: [], changed: false });
  });

  test('what it remembers rightly stays as it was, drift and all', () => {
    const state = stateOf(record('engine', { memory: 32 }));
    expect(adopted(state, [existing('engine', { memory: 64 })], [object('engine', 'running')])).toEqual({
      state,
      addresses: [],
      changed: false,
    });
  });

  test('what is gone stays, for the CLI to find out', () => {
    const state = stateOf(record('engine'));
    expect(adopted(state, []).state).toBe(state);
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
});

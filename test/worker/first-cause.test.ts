import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Readiness } from '../../src/backends/ports/readiness.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { MayflyError } from '../../src/errors.js';
import type { Plan } from '../../src/plan/plan.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { firstCause } from '../../src/worker/first-cause.js';

const object = (name: string, exitCode: number | null): OwnedObject =>
  ({
    address: `docker_container.${name}`,
    type: 'docker_container',
    status: exitCode === null ? 'running' : 'exited',
    exitCode,
    labels: {},
  }) as unknown as OwnedObject;
const change = (name: string, dependencies: string[] = [], action = 'create') => ({
  address: `docker_container.${name}`,
  action,
  dependencies: dependencies.map((one) => `docker_container.${one}`),
});
const plan = (...changes: object[]) => ({ changes }) as Plan;
const failing = (...names: string[]) => {
  const problems = names.map((name) => ({ place: { path: `docker_container.${name}` }, cause: `${name} failed` }));
  return new MayflyError('apply_failed', { ...problems[0]!, problems });
};
const joins = plan(change('engine'), change('tool', ['engine']), change('db', ['engine']), change('own'));

function backendOf(objects: OwnedObject[], failed: Readiness['failed'] = null): Backend {
  return {
    list: () => Promise.resolve(objects),
    readiness: () => Promise.resolve({ ready: failed === null, waiting: [], failed }),
    report: () => Promise.resolve([{ container: 'engine', lastLines: ['exec no-such failed'] }]),
  } as unknown as Backend;
}

const find = (backend: Backend, thrown: unknown, of: Plan = joins) => firstCause(backend, { name: 'one' } as WorkerSpec, of, thrown);
const why = { container: 'engine', reason: 'ended with exit code 127', remedy: 'mend it' };

test("the engine's end is the error, with its code and last lines, and what could not join it is none", async () => {
  const error = await find(backendOf([object('engine', 127)], why), failing('tool', 'db'));
  expect(error).toMatchObject({ code: 'not_ready', message: 'engine ended with exit code 127', log: ['exec no-such failed'] });
  expect(error).toMatchObject({
    problems: [{ place: { path: 'one/engine' }, cause: 'engine ended with exit code 127', remedy: 'mend it' }],
  });
});

test('a failure that it does not explain follows it', async () => {
  const error = (await find(backendOf([object('engine', 127)], why), failing('tool', 'own'))) as MayflyError;
  expect(error.problems.map(({ cause }) => cause)).toEqual(['engine ended with exit code 127', 'own failed']);
});

test('an engine that had nothing to do ended too soon for its containers', async () => {
  const error = await find(backendOf([object('engine', 0)]), failing('tool'));
  expect(error).toMatchObject({ message: 'engine exited 0 before the containers that need it had started' });
});

test('one that this apply made and that ended explains its own failure, one that ended before does not', async () => {
  const backend = backendOf([object('engine', 127)], why);
  expect(await find(backend, failing('engine'))).toMatchObject({ code: 'not_ready' });
  const thrown = failing('engine');
  expect(await find(backend, thrown, plan(change('engine', [], 'update')))).toBe(thrown);
});

test('what no end explains stays as it is, and so does all where nobody can be asked', async () => {
  const thrown = failing('own');
  expect(await find(backendOf([object('engine', 127)], why), thrown)).toBe(thrown);
  expect(await find(backendOf([object('engine', null)]), thrown)).toBe(thrown);
  const mute = { list: () => Promise.reject(new Error('no answer')) } as unknown as Backend;
  const joined = failing('tool');
  expect(await find(mute, joined)).toBe(joined);
  const stopped = new MayflyError('interrupted', { cause: 'interrupted', place: { path: 'docker_container.tool' } });
  expect(await find(backendOf([object('engine', 127)], why), stopped)).toBe(stopped);
});

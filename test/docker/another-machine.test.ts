import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { machine } from '../support/run-cli.js';
import { specs } from '../interop/specs.js';
import { accessOf, inspectOf, leftOf, planOf, worker } from './support.js';

/** The widest; the matrix of appliers has them all. */
const titles = [
  'an engine with a port',
  'containers, a service, volumes and awkward texts',
  'images with a mind of their own, executors without a command, every address',
];

describe.skipIf(!dockerAvailable())('another machine, which knows nothing of the worker', () => {
  test.for(titles)('plans no changes, adopts, and destroys by name: %s', async (title) => {
    const one = await worker(await specs[title]!());
    await one.apply();
    const access = await accessOf(one);
    const life = async () => {
      const { Id, State, Config, HostConfig } = await inspectOf(one.name, 'engine');
      return { Id, pid: State.Pid, Config, HostConfig };
    };
    const before = await life();

    const other = await worker({}, { name: one.name, machine: await machine() });
    const there = { ...other, specPath: one.specPath, cli: (args: string[]) => one.cli(args, { machine: other.machine }) };
    const plan = await planOf(there);
    expect(plan).toMatchObject({ code: 0, changes: [] });
    expect(plan.drift.length).toBeGreaterThan(0);
    expect(plan.drift.every((line) => line.startsWith('adopted '))).toBe(true);

    await one.must(['apply', 'SPEC', '--auto-approve'], { machine: other.machine });
    expect(await life()).toEqual(before);
    expect(await accessOf(other)).toEqual(access);
    expect(await planOf(there)).toEqual({ code: 0, changes: [], attributes: {}, drift: [] });

    await one.must(['destroy', 'NAME', '--auto-approve'], { machine: await machine() });
    expect(await leftOf(one.name)).toEqual([]);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type * as api from '../../src/index.js';
import { cliPath } from '../support/run-cli.js';
import { fakeDocker, scene } from './scene.js';
import { specs } from './specs.js';

const { openMayfly, loadSpec, MayflyError } = (await import(pathToFileURL(join(cliPath, '..', 'index.js')).href)) as typeof api;

test('a program plans, applies, extends, lists and destroys, and is told of it', async () => {
  // One that answers, and has nothing.
  const one = await scene({ spec: specs.process(), docker: await fakeDocker() });
  const env = { ...one.machine.env, ...one.env };
  const events: string[] = [];
  const mayfly = await openMayfly({ env, cwd: one.folder, onEvent: ({ type }) => events.push(type) });
  try {
    const { spec } = await loadSpec(one.specPath, { env, cwd: one.folder });
    const plan = await mayfly.plan(spec);
    expect(plan.changes.map(({ action, address }) => `${action} ${address}`)).toEqual(['create mayfly_process.engine']);
    expect(events).toEqual([]);
    const { done, outputs, ends } = await mayfly.apply(spec, { plan });
    expect(done).toBe(true);
    expect(outputs['access']?.value).toMatchObject({ addresses: ['127.0.0.1'], remote_key: expect.any(String) });
    expect(events).toEqual(expect.arrayContaining(['armed', 'resource_started', 'resource_done', 'ready']));
    expect((await mayfly.extend(spec.name, 60)).to).toBe(ends! + 60_000);
    expect((await mayfly.list()).map(({ name, status }) => [name, status])).toEqual([[one.name, 'ready']]);
    await expect(mayfly.apply(spec, { plan })).rejects.toMatchObject({ code: 'plan_stale' });
    expect(await mayfly.destroy(spec.name)).toMatchObject({ done: true });
    expect(events.at(-1)).toBe('ended');
    await expect(mayfly.destroy('nobody')).rejects.toBeInstanceOf(MayflyError);
  } finally {
    mayfly.close();
  }
  expect(await one.leftAtLast()).toEqual([]);
});

test('failures of a program are those of the command line', async () => {
  const one = await scene();
  await writeFile(one.specPath, 'max_duration: 0\n');
  await expect(loadSpec(one.specPath, { env: {}, cwd: one.folder })).rejects.toMatchObject({ code: 'spec_invalid', exitCode: 1 });
});

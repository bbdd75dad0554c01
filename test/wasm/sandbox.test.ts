import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSandbox } from '../../src/tasks/wasm/open-sandbox.js';
import { permissionFlag } from '../../src/tasks/wasm/sandbox.js';
import { tempDir } from '../support/temp-dir.js';
import { runnerPath, withSandbox } from './scene.js';

withSandbox();

test('the flag of the permission model is the one that this Node has', () => {
  expect(permissionFlag(new Set(['--experimental-permission']))).toBe('--experimental-permission');
  expect(permissionFlag(new Set(['--permission', '--experimental-permission']))).toBe('--permission');
  expect(permissionFlag(new Set(['--inspect']))).toBeNull();
});

test('the runner may read its own file and nothing else, and starts no process, thread or addon', async () => {
  expect(await openSandbox(runnerPath())).toEqual({
    node: process.execPath,
    flag: expect.stringMatching(/^--(experimental-)?permission$/) as string,
    runner: runnerPath(),
  });
});

test('a runner that is allowed an action is refused, with the action', async () => {
  const file = join(await tempDir('wasm'), 'runner.cjs');
  await writeFile(file, `process.stdout.write('["read a file","start a process"]')`);
  await expect(openSandbox(file)).rejects.toMatchObject({
    code: 'not_possible',
    message: `the permission model of Node ${process.version} lets the runner read a file, start a process`,
  });
});

test('a runner that cannot start is refused', async () => {
  const file = join(await tempDir('wasm'), 'runner.cjs');
  await writeFile(file, 'process.exit(3)');
  await expect(openSandbox(file)).rejects.toMatchObject({
    code: 'not_possible',
    message: expect.stringContaining('cannot be started') as string,
  });
});

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/tasks/wasm/limits.js';
import { openSandbox } from '../../src/tasks/wasm/open-sandbox.js';
import { permissionFlag, sandboxArgs } from '../../src/tasks/wasm/sandbox.js';
import { tempDir } from '../support/temp-dir.js';
import { sandboxOfTests, withSandbox } from './scene.js';

const execute = promisify(execFile);

withSandbox();

test('the flag of the permission model is the one that this Node has', () => {
  expect(permissionFlag(new Set(['--experimental-permission']))).toBe('--experimental-permission');
  expect(permissionFlag(new Set(['--permission', '--experimental-permission']))).toBe('--permission');
  expect(permissionFlag(new Set(['--inspect']))).toBeNull();
});

test('the runner may read its own file and nothing else, and starts no process, thread or addon', async () => {
  expect(await openSandbox(sandboxOfTests().runner)).toEqual({
    node: process.execPath,
    flag: expect.stringMatching(/^--(experimental-)?permission$/) as string,
    runner: sandboxOfTests().runner,
  });
});

test('without the permission model, the runner reports all actions, and runs no module', async () => {
  const { runner } = sandboxOfTests();
  const { stdout } = await execute(process.execPath, [runner, '--check']);
  expect(JSON.parse(stdout)).toEqual(['read a file', 'write a file', 'start a process', 'start a worker thread', 'load an addon']);
  const failed = execute(process.execPath, [runner]);
  failed.child.stdin?.end();
  await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining("Node's permission model is off") as string });
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

test("the kernel's limits are set, and lower ones of the worker stay", async () => {
  const file = join(await tempDir('wasm'), 'node');
  await writeFile(file, '#!/bin/sh\nulimit -t; ulimit -d; ulimit -c; ulimit -f\n', { mode: 0o755 });
  const args = sandboxArgs(
    { node: file, flag: '--permission', runner: '/runner' },
    { ...defaultLimits, timeout: 5000, memory: 128, files: 0 },
  );
  const { stdout: plain } = await execute('/bin/sh', args);
  // 1024 MB that Node reserves, 96 of V8's heap, 128 of code, 128 of linear memory.
  expect(plain).toBe('6\n1409024\n0\n0\n');
  const { stdout: within } = await execute('/bin/sh', ['-c', 'ulimit -t 3; ulimit -d 800000; exec /bin/sh "$@"', 'sh', ...args]);
  expect(within).toBe('3\n800000\n0\n0\n');
});

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/tasks/wasm/exit-codes.js';
import { defaultLimits } from '../../src/tasks/wasm/limits.js';
import { loadTree, storeChanges } from '../../src/tasks/wasm/program/directory.js';
import type { WasmJob } from '../../src/tasks/wasm/program/job.js';
import { tempDir } from '../support/temp-dir.js';
import { makeCommand } from './run.js';
import { compile, sandboxOfTests, withSandbox } from './scene.js';

withSandbox();

let command = '';
beforeAll(() => {
  command = makeCommand(join(import.meta.dirname, '../..'), join(sandboxOfTests().runner, '..'));
});

/** Runs a module as a command, with the default job and these changes. */
async function runCommand(name: string, changes: Partial<WasmJob> = {}) {
  const module = join(await tempDir('wasm'), 'module.wasm');
  const bytes = await compile(name);
  writeFileSync(module, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const job: WasmJob = {
    module,
    digest,
    args: ['program'],
    env: ['KEY'],
    directory: null,
    limits: { timeout: 20_000, memory: 16 },
    ...changes,
  };
  const child = spawn(process.execPath, [command, JSON.stringify(job)], { env: { KEY: 'value', OTHER: 'not given' } });
  child.stdin.end('input');
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { stdout, stderr, code };
}

test.concurrent('a module is a command with its output and exit code', async () => {
  expect(await runCommand('hello.wat')).toEqual({ stdout: 'hello\n', stderr: '', code: 7 });
});

test.concurrent('it gets the input, the arguments, and only the variables that are named', async () => {
  expect(await runCommand('given.wat')).toEqual({ stdout: 'program\0KEY=value\0', stderr: 'input', code: 0 });
});

test.concurrent('the reason of its end is written, and the exit code is that of a shell', async () => {
  expect(await runCommand('hostile/endless-loop.wat', { limits: { timeout: 400, memory: 16 } })).toEqual({
    stdout: '',
    stderr: 'mayfly: the module was stopped: timed_out: longer than 400 ms\n',
    code: 124,
  });
});

test.concurrent('a file with another digest is not run', async () => {
  const { stderr, code } = await runCommand('hello.wat', { digest: '0'.repeat(64) });
  expect([stderr, code]).toEqual([expect.stringContaining(`is not the module with the digest ${'0'.repeat(64)}`), 126]);
});

test.concurrent('it changes the files of its directory', async () => {
  const directory = await tempDir('wasm');
  for (const name of ['kept.txt', 'old.txt', 'a.txt']) writeFileSync(join(directory, name), `text of ${name}`);
  expect(await runCommand('files.wat', { directory })).toEqual({ stdout: '', stderr: '', code: 0 });
  expect((await loadTree(directory, defaultLimits)).toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    { kind: 'file', path: 'b.txt', bytes: Buffer.from('text of a.txt') },
    { kind: 'directory', path: 'dir' },
    { kind: 'file', path: 'dir/new.txt', bytes: Buffer.from('made') },
    { kind: 'file', path: 'kept.txt', bytes: Buffer.from('ABxt of kept.txt') },
  ]);
});

describe('links in a directory', () => {
  async function linked() {
    const [directory, outside] = [await tempDir('wasm'), await tempDir('wasm')];
    writeFileSync(join(outside, 'secret'), 'secret');
    mkdirSync(join(outside, 'place'));
    symlinkSync(join(outside, 'secret'), join(directory, 'file'));
    symlinkSync(join(outside, 'place'), join(directory, 'sub'));
    return { directory, outside };
  }

  test('are not part of the tree', async () => {
    expect(await loadTree((await linked()).directory, defaultLimits)).toEqual([]);
  });

  test('are not followed where a change has their path', async () => {
    const { directory, outside } = await linked();
    const write = (path: string) => storeChanges(directory, { removed: [], written: [{ kind: 'file', path, bytes: Buffer.from('new') }] });
    await expect(write('file')).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(write('sub/file')).rejects.toThrow('sub is not a directory');
    await expect(storeChanges(directory, { removed: ['sub/secret'], written: [] })).rejects.toThrow('sub is not a directory');
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });
});

test('a tree beyond the limits is refused', async () => {
  const directory = await tempDir('wasm');
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), 'four');
  await expect(loadTree(directory, { ...defaultLimits, files: 7 })).rejects.toThrow('have more than 7 bytes');
  await expect(loadTree(directory, { ...defaultLimits, entries: 1 })).rejects.toThrow('has more than 1 files and directories');
});

test('no failure of a module becomes the exit code 0', () => {
  expect([0, 1, 255, 256, 512].map((code) => exitCodeOf({ ended: 'exited', code }))).toEqual([0, 1, 255, 255, 255]);
  expect(exitCodeOf({ ended: 'stopped', reason: 'out_of_memory', message: '' })).toBe(137);
});

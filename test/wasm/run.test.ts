import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/tasks/wasm/limits.js';
import { runWasm } from '../../src/tasks/wasm/run-wasm.js';
import { compile, run, sandboxOfTests, withSandbox } from './scene.js';

withSandbox();

test('a module runs in a child process: its output and its exit code are the result', async () => {
  expect(await run(await compile('hello.wat'))).toEqual({
    end: { ended: 'exited', code: 7 },
    stdout: 'hello\n',
    stderr: '',
    changes: { written: [], removed: [] },
  });
});

test('a module gets arguments, variables and input', async () => {
  const ran = await run(await compile('given.wat'), {
    args: ['program', 'größe', ''],
    env: { KEY: 'a=b', EMPTY: '' },
    stdin: Buffer.from('some input'),
  });
  expect(ran).toMatchObject({
    end: { ended: 'exited', code: 0 },
    stdout: 'program\0größe\0\0KEY=a=b\0EMPTY=\0',
    stderr: 'some input',
  });
});

test('the changes of its directory are returned, and unchanged files are not', async () => {
  const file = (path: string, text: string) => ({ kind: 'file' as const, path, bytes: Buffer.from(text) });
  const given = ['kept.txt', 'old.txt', 'a.txt', 'deep/down/same.txt'].map((path) => file(path, `text of ${path}`));
  const { end, changes } = await run(await compile('files.wat'), { directory: { name: '/', entries: given } });
  expect(end).toEqual({ ended: 'exited', code: 0 });
  expect(changes).toEqual({
    removed: ['old.txt', 'a.txt'],
    written: [
      file('kept.txt', 'ABxt of kept.txt'),
      { kind: 'directory', path: 'dir' },
      file('dir/new.txt', 'made'),
      file('b.txt', 'text of a.txt'),
    ],
  });
});

test('without a directory, a module has no descriptor for files', async () => {
  // Errno 8: bad descriptor.
  expect((await run(await compile('files.wat'))).end).toEqual({ ended: 'exited', code: 8 });
});

test('a caller stops a module', async () => {
  const stop = new AbortController();
  const running = run(await compile('hostile/endless-loop.wat'), { signal: stop.signal });
  stop.abort();
  expect(await running).toMatchObject({ end: { ended: 'stopped', reason: 'stopped' }, changes: null });
});

test('a sink that takes nothing does not hold the end up', async () => {
  const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
  const module = await compile('hostile/output-flood.wat');
  const result = await runWasm({
    request: { module, args: [], env: {}, stdin: new Uint8Array(), directory: null, limits: { ...defaultLimits, timeout: 500 } },
    sandbox: sandboxOfTests(),
    sinks: { stdout: stuck, stderr: stuck },
    signal: new AbortController().signal,
  });
  expect(result).toMatchObject({ end: { ended: 'stopped', reason: 'timed_out' }, changes: null });
});

test('the error of a sink is the error of the run', async () => {
  const broken = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });
  const module = await compile('hostile/output-flood.wat');
  const running = runWasm({
    request: { module, args: [], env: {}, stdin: new Uint8Array(), directory: null, limits: defaultLimits },
    sandbox: sandboxOfTests(),
    sinks: { stdout: broken, stderr: broken },
    signal: new AbortController().signal,
  });
  await expect(running).rejects.toThrow('the disk is full');
});

test('a module with several memories is refused: each would have the whole limit', async () => {
  // (module (memory 1) (memory 1) (export "memory" (memory 0)) (func (export "_start")))
  const hex =
    '0061736d01000000' +
    '010401600000' +
    '03020100' +
    '0505020001' +
    '0001' +
    '071302066d656d6f72790200065f73746172740000' +
    '0a040102000b';
  expect((await run(Buffer.from(hex, 'hex'))).end).toMatchObject({
    ended: 'stopped',
    reason: 'invalid_module',
    message: expect.stringMatching(/memor/) as string,
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import type { StopReason } from '../../src/tasks/wasm/result.js';
import type { Given, Ran } from './run.js';
import { compile, run, withSandbox } from './scene.js';

const MB = 1024 * 1024;
/** Milliseconds for modules that never end. */
const short = 600;

const exited = (code: number) => ({ ended: 'exited', code });
const stopped = (reason: StopReason) => ({ ended: 'stopped', reason, message: expect.any(String) as string });

/** A file in test/wasm/hostile, its limits, and its end. */
const modules: Record<string, [Given['limits'], object]> = {
  'endless-loop': [{ timeout: short }, stopped('timed_out')],
  'start-loop': [{ timeout: short }, stopped('timed_out')],
  'endless-sleep': [{ timeout: short }, stopped('timed_out')],
  'random-flood': [{ timeout: short }, stopped('timed_out')],
  // 256 pages of 64 KB.
  'grow-memory': [{ memory: 16 }, exited(256)],
  'large-memory': [{ memory: 16 }, stopped('out_of_memory')],
  'grow-tables': [{}, stopped('out_of_memory')],
  'deep-recursion': [{}, stopped('stack_overflow')],
  // 76: not capable.
  'outside-relative': [{}, exited(76)],
  'outside-absolute': [{}, exited(76)],
  'outside-detour': [{}, exited(76)],
  // 58: not supported; 44: no such file.
  'outside-link': [{}, exited(5844)],
  // The directory itself is open.
  'guessed-descriptors': [{}, exited(0)],
  'output-flood': [{ output: MB }, stopped('output_limit')],
  'output-vectors': [{ output: MB }, stopped('output_limit')],
  // 51: no space.
  'huge-file': [{ files: 4 * MB }, exited(5151)],
  'many-files': [{ entries: 100 }, exited(51)],
  'deep-directories': [{}, stopped('files_limit')],
  'hard-links': [{ files: 4 * MB }, stopped('files_limit')],
  // 37: name too long.
  'long-path': [{}, exited(37)],
  'bad-pointers': [{}, exited(0)],
  'raised-signal': [{}, stopped('raised')],
  'no-start': [{}, stopped('start_missing')],
  'unknown-import': [{}, stopped('import_missing')],
  'swallowed-exit': [{}, exited(5)],
};

withSandbox();

describe('each hostile module is stopped, and a good one beside them is unharmed', () => {
  const runs = new Map<string, Promise<Ran>>();

  beforeAll(async () => {
    const good = compile('hello.wat');
    for (const [name, [limits]] of Object.entries(modules)) {
      const module = await compile(`hostile/${name}.wat`);
      runs.set(name, run(module, { ...(limits && { limits }), directory: { name: '/', entries: [{ kind: 'directory', path: 'dir' }] } }));
    }
    runs.set('good', run(await good));
    await Promise.allSettled(runs.values());
  });

  test.each(Object.entries(modules))('%s', async (name, [, end]) => {
    expect((await runs.get(name))?.end).toEqual(end);
  });

  test('the good one', async () => {
    expect(await runs.get('good')).toMatchObject({ end: exited(7), stdout: 'hello\n' });
  });

  test('of a flood, the bytes up to the limit are written', async () => {
    const [flood, vectors] = await Promise.all([runs.get('output-flood'), runs.get('output-vectors')]);
    expect([flood?.stdout.length, vectors?.stderr.length]).toEqual([1_048_576, 1_048_576]);
  });

  test('the files up to the limit are returned', async () => {
    const [many, huge] = await Promise.all([runs.get('many-files'), runs.get('huge-file')]);
    // The given directory is one of the 100.
    expect(many?.changes?.written).toHaveLength(99);
    const [file] = huge?.changes?.written ?? [];
    expect(file?.kind === 'file' && file.bytes.length).toBe(4_194_304);
  });
});

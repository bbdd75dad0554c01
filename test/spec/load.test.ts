import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/index.js';
import { base, request } from './support.js';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mayfly-spec-'));
  mkdirSync(join(cwd, 'deep'));
  writeFileSync(join(cwd, 'nightly.yaml'), `${base}engine: {image: a, pull_secret: "file:auth"}\n`);
  writeFileSync(
    join(cwd, 'deep', 'nightly.json'),
    JSON.stringify({ max_duration: 60, cpu: 1, memory: 6, storage: 0, engine: { image: 'a', pull_secret: 'file:auth' } }),
  );
  writeFileSync(join(cwd, 'My Spec.yaml'), base);
  writeFileSync(join(cwd, 'latin1.yaml'), Buffer.from([...Buffer.from(`${base}tags: [`), 0xe9, 0x5d]));
  writeFileSync(join(cwd, 'utf16.yaml'), Buffer.from(`\uFEFF${base}`, 'utf16le'));
  writeFileSync(join(cwd, 'bom.yaml'), `\uFEFF${base}cpu2: 1\n`);
  writeFileSync(join(cwd, 'huge.yaml'), `${base}# ${'x'.repeat(1_048_576)}\n`);
  writeFileSync(join(cwd, 'empty.yaml'), '');
  writeFileSync(join(cwd, 'secret.yaml'), base);
  chmodSync(join(cwd, 'secret.yaml'), 0);
  symlinkSync('loop.yaml', join(cwd, 'loop.yaml'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function* bytes(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

const stdin = (...parts: string[]) => ({ readStdin: () => bytes(...parts) });

describe('a spec from a file', () => {
  const cases: Record<string, [path: string, name: string, secret: string]> = {
    YAML: ['nightly.yaml', 'nightly', 'auth'],
    JSON: ['deep/nightly.json', 'nightly', 'deep/auth'],
  };
  test.each(Object.entries(cases))('%s', async (_name, [path, name, secret]) => {
    const { spec } = await loadSpec(path, { cwd, env: {} });
    expect(spec.name).toBe(name);
    expect(spec.engine?.pull_secret).toEqual({ from: 'file', path: join(cwd, secret) });
  });
});

describe('a spec from stdin', () => {
  test('in parts, named by argument', async () => {
    const { spec } = await loadSpec('-', { cwd, env: {}, name: 'steps', ...stdin(request.slice(0, 100), request.slice(100)) });
    expect(spec).toMatchObject({ name: 'steps', max_duration: 120 });
  });

  test('named by itself', async () => {
    expect((await loadSpec('-', { cwd, env: {}, ...stdin(base, 'name: own\n') })).spec.name).toBe('own');
  });

  test('a character split between two parts', async () => {
    const whole = Buffer.from(`${base}tags: [é]\n`);
    const cut = whole.indexOf(0xc3) + 1;
    const readStdin = async function* () {
      yield whole.subarray(0, cut);
      yield whole.subarray(cut);
    };
    expect((await loadSpec('-', { cwd, env: {}, name: 'a', readStdin })).spec.tags).toEqual(['é']);
  });

  test('without a name', async () => {
    await expect(loadSpec('-', { cwd, env: {}, ...stdin(base) })).rejects.toMatchObject({
      code: 'spec_invalid',
      place: { file: '<stdin>', path: 'name' },
    });
  });

  test('without an end', async () => {
    const readStdin = async function* () {
      for (;;) yield Buffer.alloc(65_536, 'x');
    };
    await expect(loadSpec('-', { cwd, env: {}, readStdin })).rejects.toMatchObject({
      code: 'spec_unreadable',
      message: 'is larger than 1 MB',
    });
  });
});

describe('what can not be loaded', () => {
  const cases: Record<string, { path: string; code: string; cause: RegExp; skip?: boolean }> = {
    'missing file': { path: 'nowhere.yaml', code: 'spec_unreadable', cause: /does not exist/ },
    'a file as a folder': { path: 'nightly.yaml/x', code: 'spec_unreadable', cause: /does not exist/ },
    'a directory': { path: 'deep', code: 'spec_unreadable', cause: /is a directory/ },
    'no permission': {
      path: 'secret.yaml',
      code: 'spec_unreadable',
      cause: /can't be read: permission denied/,
      skip: process.getuid?.() === 0,
    },
    'a loop of links': { path: 'loop.yaml', code: 'spec_unreadable', cause: /loop/ },
    'Latin 1': { path: 'latin1.yaml', code: 'spec_unreadable', cause: /not UTF-8/ },
    'UTF-16': { path: 'utf16.yaml', code: 'spec_unreadable', cause: /not UTF-8/ },
    'too large': { path: 'huge.yaml', code: 'spec_unreadable', cause: /larger than 1 MB/ },
    'a device without end': { path: '/dev/zero', code: 'spec_unreadable', cause: /larger than 1 MB/ },
    'a NUL in the path': { path: 'a\0b', code: 'spec_unreadable', cause: /can't be read/ },
    empty: { path: 'empty.yaml', code: 'spec_invalid', cause: /empty/ },
    'no name in the file name': { path: 'My Spec.yaml', code: 'spec_invalid', cause: /"My Spec"/ },
  };
  for (const [name, { path, code, cause, skip }] of Object.entries(cases)) {
    test.skipIf(skip)(name, async () => {
      const loading = loadSpec(path, { cwd, env: {} });
      await expect(loading).rejects.toMatchObject({
        code,
        message: expect.stringMatching(cause),
        remedy: expect.stringMatching(/\S/),
        place: { file: path },
      });
    });
  }

  test('a byte order mark moves no column', async () => {
    await expect(loadSpec('bom.yaml', { cwd, env: {} })).rejects.toMatchObject({ place: { line: 5, column: 1, path: 'cpu2' } });
  });
});

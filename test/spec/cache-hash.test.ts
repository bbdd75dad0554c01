import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/load.js';
import { tempDir } from '../support/temp-dir.js';

async function load(name: string, files: Record<string, string>) {
  const directory = await tempDir('hash');
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  const spec = `max_duration: 60\ncpu: 1\nmemory: 6\nstorage: 0\nengine: {image: a}\ncaches:\n  - {name: "${name}", to: /cache}\n`;
  await writeFile(join(directory, 'ci.yaml'), spec);
  return loadSpec(join(directory, 'ci.yaml'), { env: {}, cwd: '/' });
}

test('a cache is named after the content of a file beside the spec', async () => {
  const { spec } = await load('npm-${hash:package-lock.json}', { 'package-lock.json': '{}' });
  // printf '{}' | sha256sum
  expect(spec.caches[0]!.name).toBe('npm-44136fa355b3');
  const other = await load('npm-${hash:package-lock.json}', { 'package-lock.json': '{ }' });
  expect(other.spec.caches[0]!.name).not.toBe('npm-44136fa355b3');
});

test('a file that is missing is the one problem, with its place', async () => {
  const failed = load('npm-${hash:package-lock.json}', {});
  await expect(failed).rejects.toMatchObject({
    code: 'spec_invalid',
    problems: [{ place: { line: 7, path: 'caches[0].name' }, cause: 'package-lock.json does not exist' }],
  });
});

test('a hash keeps the grammar of names', async () => {
  const failed = load('a-name-that-is-far-too-long-${hash:x}', { x: '' });
  await expect(failed).rejects.toMatchObject({ problems: [{ place: { path: 'caches[0].name' } }] });
  const digit = load('${hash:x}', { x: '{}' });
  await expect(digit).rejects.toMatchObject({ problems: [{ cause: expect.stringContaining('must be a lower-case letter') as string }] });
});

import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import { everySource } from '../../src/spec/sources.js';
import { base, failure, options } from './support.js';

const mounted = (mount: string) =>
  `${base}engine: {image: alpine}\ncontainers:\n- {name: box, image: busybox, storage: 0}\n- name: test\n  image: busybox\n  storage: 50\n  mounts:\n  - ${mount}\nvolumes: [{name: work, storage: 10}]\n`;

/** The files of a machine: `/specs/link` leads to `/home/dev/app`. */
const files: Record<string, string> = {
  '/specs': '/specs',
  '/specs/src': '/specs/src',
  '/specs/link': '/home/dev/app',
  '/other': '/other',
  '/': '/',
  '/specs/a:b': '/specs/a:b',
};
const realPath = (path: string) => files[path] ?? null;
const specOf = (mount: string) => parseSpec(mounted(mount), { ...options, realPath });

describe('a mount with a source', () => {
  test.each<[string, string, object]>([
    ['relative to the spec file', '{source: ./src, mount_point: /src}', { source: '/specs/src' }],
    ['absolute, read-only', '{source: /other, mount_point: /src, read_only: true}', { source: '/other', read_only: true }],
    ['links are resolved', '{source: link, mount_point: /src, copy_on_write: true}', { source: '/home/dev/app', copy_on_write: true }],
    ['outside of the folder', '{source: ../other, mount_point: /src}', { source: '/other' }],
  ])('%s', (_, mount, expected) => {
    const { spec } = specOf(mount);
    expect(everySource(spec)).toEqual([{ container: 'test', mount_point: '/src', read_only: false, copy_on_write: false, ...expected }]);
    expect(spec.containers[1]!.mounts).toEqual([]);
  });

  test('it counts in no storage', () => {
    const text = mounted('{source: ./src, mount_point: /src}').replace('storage: 50', 'storage: 1');
    expect(parseSpec(text, { ...options, realPath }).spec.containers[1]!.storage).toBe(1);
  });

  test('outside of the folder of the spec: a warning with the path', () => {
    expect(specOf('{source: ./src, mount_point: /src}').warnings).toEqual([]);
    const [warning] = specOf('{source: link, mount_point: /src}').warnings;
    expect([warning?.place?.path, warning?.cause]).toEqual([
      'containers[1].mounts[0].source',
      'leads outside of the spec\'s folder, to "/home/dev/app"',
    ]);
  });
});

describe('a mount that cannot be', () => {
  test.each<[string, string, string, string]>([
    [
      'both',
      '{name: work, source: ./src, mount_point: /src}',
      '12:18 containers[1].mounts[0].source',
      'stands beside name: see containers[1].mounts[0].name on line 12',
    ],
    ['neither', '{mount_point: /src}', '12:5 containers[1].mounts[0].name', 'is required where there is no source'],
    ['nothing is there', '{source: ./none, mount_point: /src}', '12:6 containers[1].mounts[0].source', 'does not exist: "/specs/none"'],
    ['all files', '{source: /, mount_point: /src}', '12:6 containers[1].mounts[0].source', 'is the whole file system of your machine'],
    [
      'a path that no mount can name',
      '{source: "a:b", mount_point: /src}',
      '12:6 containers[1].mounts[0].source',
      'must lead to a path without ":", "," and "\\"',
    ],
    [
      'a volume that is read-only',
      '{name: work, mount_point: /src, read_only: true}',
      '12:37 containers[1].mounts[0].read_only',
      'is for a mount with a source',
    ],
    [
      'a volume with copy_on_write',
      '{name: work, mount_point: /src, copy_on_write: true}',
      '12:37 containers[1].mounts[0].copy_on_write',
      'is for a mount with a source',
    ],
    [
      'read-only and copy-on-write',
      '{source: src, mount_point: /src, read_only: true, copy_on_write: true}',
      '12:55 containers[1].mounts[0].copy_on_write',
      'stands beside read_only: see containers[1].mounts[0].read_only on line 12',
    ],
  ])('%s', (_, mount, at, cause) => {
    const [problem] = failure(mounted(mount), { realPath }).problems;
    const { place } = problem!;
    expect([`${place?.line}:${place?.column} ${place?.path}`, problem?.cause]).toEqual([at, cause]);
  });
});

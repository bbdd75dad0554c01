import { describe, expect, test } from 'vitest';
import { engineExecs, engineOf, enginePort, melodiumImage } from '../../src/spec/melodium.js';
import { parseSpec } from '../../src/spec/parse.js';
import { base, options } from './support.js';

const longest = 2_592_000;
const spec = (text: string, env = {}) => parseSpec(base + text, { ...options, env }).spec;

test.each([
  ['0.11.0', null, {}, 'quay.io/melodium/melodium:0.11.0-alpine-docker'],
  ['0.11.0', 'debian', {}, 'quay.io/melodium/melodium:0.11.0-alpine-docker'],
  ['1.0.0', 'scratch', {}, 'quay.io/melodium/melodium:1.0.0-alpine-docker'],
  ['0.10.3', null, {}, 'quay.io/melodium/melodium:0.10.3-alpine-docker'],
  ['0.10.3', 'scratch', {}, 'quay.io/melodium/melodium:0.10.3-alpine-docker'],
  ['0.10.3', 'debian', {}, 'quay.io/melodium/melodium:0.10.3-debian-docker'],
  ['0.10.0-rc1', 'debian', {}, 'quay.io/melodium/melodium:0.10.0-rc1-debian-docker'],
  ['0.100.0', 'debian', {}, 'quay.io/melodium/melodium:0.100.0-alpine-docker'],
  [
    '0.11.0',
    null,
    { MELODIUM_IMAGES_PULL_SOURCE: 'registry.example.com/mirror/' },
    'registry.example.com/mirror/melodium:0.11.0-alpine-docker',
  ],
  ['0.11.0', null, { MELODIUM_IMAGES_PULL_SOURCE: '' }, 'quay.io/melodium/melodium:0.11.0-alpine-docker'],
])('the image of %s, edition %s, %o', (version, edition, env, image) => {
  expect(melodiumImage(version, edition, env)).toBe(image);
});

describe('the engine of a spec that names none', () => {
  test('on docker: arguments, no more', () => {
    const engine = engineOf(spec('version: 0.11.0\ncreate_timeout: 100\n'), true, longest);
    expect(engine).toMatchObject({ image: 'quay.io/melodium/melodium:0.11.0-alpine-docker', port: 8080, exec: false });
    expect(engine.command?.join(' ')).toBe('dist --ip 0.0.0.0 --port 8080 --wait 160 --duration 2592000 --localhost');
  });

  test('without TLS when the spec says so, and only then', () => {
    const engine = engineOf(spec('version: 0.11.0\naccess: {tls: false}\n'), true, 3600);
    expect(engine.command?.slice(-4)).toEqual(['--duration', '3600', '--disable-tls', '--allow-plain-tcp']);
  });

  test('as a process: the program, on no other address than asked for', () => {
    const engine = engineOf(spec('version: 0.11.0\n'), false, longest);
    expect(engine.image).toBeNull();
    expect(engine.command?.slice(0, 4)).toEqual(['melodium', 'dist', '--ip', '127.0.0.1']);
  });

  test('an image of its own wins over the version', () => {
    expect(spec('version: 0.11.0\nimage: mine:1\n').melodium).toEqual({ version: '0.11.0', image: 'mine:1' });
  });

  test('it runs commands in containers where there are some', () => {
    const box = 'containers: [{name: box, image: busybox, cpu: 1, memory: 6, storage: 0}]\n';
    expect(engineExecs(spec(`version: 0.11.0\n${box}`))).toBe(true);
    expect(engineExecs(spec(`engine: {image: a}\n${box}`))).toBe(false);
    expect(engineExecs(spec(`engine: {image: a, exec: true}\n${box}`))).toBe(true);
  });
});

test('the port an engine is reached at', () => {
  expect(enginePort(spec('version: 0.11.0\n'))).toBe(8080);
  expect(enginePort(spec('engine: {image: a, port: 80}\n'))).toBe(80);
  expect(enginePort(spec('engine: {image: a}\n'))).toBeNull();
});

test('a version is no way to name another image', () => {
  expect(() => spec('version: "1/../../evil:2"\n')).toThrow(/letters, digits/);
});

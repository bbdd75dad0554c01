import { describe, expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import { hostAndPort } from '../../src/spec/published-ports.js';
import { base, failure, options } from './support.js';

const engine = 'engine: {image: alpine, port: 80}\n';
const specOf = (text: string) => parseSpec(base + text, options).spec;

test('ports with a name, a fixed one and a free one', () => {
  expect(specOf(`${engine}ports: [{name: db, port: 5432}, {name: web, port: 8080, host: 18080}]\n`).ports).toEqual([
    { name: 'db', port: 5432, host: null },
    { name: 'web', port: 8080, host: 18_080 },
  ]);
});

test('a port may have the name of a service, and the number of a port of another engine', () => {
  const service = 'service_containers: [{name: db, image: busybox, cpu: 1, memory: 6, storage: 0}]\n';
  expect(specOf(`${engine}${service}ports: [{name: db, port: 8080}]\n`).ports).toHaveLength(1);
});

describe('ports that cannot be', () => {
  test.each<[string, string, string, string, string]>([
    [
      'a name twice',
      '{name: a, port: 1}, {name: a, port: 2}',
      '8:4 ports[1].name',
      'is used by another port of this spec: see ports[0].name on line 7',
      'give each port a name of its own',
    ],
    [
      'a port twice',
      '{name: a, port: 1}, {name: b, port: 1}',
      '8:13 ports[1].port',
      'is used by another port of this spec: see ports[0].port on line 7',
      'publish each port once: all containers of a worker share one network',
    ],
    [
      'a host port twice',
      '{name: a, port: 1, host: 9}, {name: b, port: 2, host: 9}',
      '8:22 ports[1].host',
      'is used by another port of this spec: see ports[0].host on line 7',
      'choose another host port, or leave it out: the daemon then chooses a free one',
    ],
    [
      'the port of the engine',
      '{name: a, port: 80}',
      '7:13 ports[0].port',
      "is the engine's own port, which is published already",
      'remove it: `mayfly output WORKER access.port` prints where it is published',
    ],
    [
      'a number that is no port',
      '{name: a, port: 65536}',
      '7:13 ports[0].port',
      'must be from 1 to 65535, got 65536',
      'write for example `port: 5432` (The port on which one of the worker’s containers listens)',
    ],
  ])('%s', (_, ports, at, cause, remedy) => {
    const [problem] = failure(`${base}${engine}ports:\n- ${ports.replaceAll('}, ', '}\n- ')}\n`).problems;
    const { place } = problem!;
    expect([`${place?.line}:${place?.column} ${place?.path}`, problem?.cause, problem?.remedy]).toEqual([at, cause, remedy]);
  });

  test('the port of the Mélodium engine, in a request', () => {
    const [problem] = failure(`${base}version: 0.11.0\nports: [{name: a, port: 8080}]\n`).problems;
    expect(problem?.cause).toBe("is the engine's own port, which is published already");
  });
});

test('an address of IPv6 is in brackets', () => {
  expect([hostAndPort('127.0.0.1', 80), hostAndPort('::1', '${x}')]).toEqual(['127.0.0.1:80', '[::1]:${x}']);
});

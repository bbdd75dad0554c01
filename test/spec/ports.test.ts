import { expect, test } from 'vitest';
import { formatPlace } from '../../src/errors.js';
import { parseSpec } from '../../src/spec/parse.js';
import { base, options } from './support.js';

const service = (name: string, rest: string) => `  - {name: ${name}, cpu: 1, memory: 9, storage: 0, ${rest}}\n`;
const warningsOf = (services: string[], engine = '{image: alpine}') => {
  const text = `${base}engine: ${engine}\nservice_containers:\n${services.join('')}`;
  return parseSpec(text, options).warnings.map(({ place, cause, remedy }) => [formatPlace(place), cause, remedy]);
};

test('two servers of well-known images on one port', () => {
  expect(warningsOf([service('a', 'image: "postgres:15"'), service('b', 'image: example.com/x/postgres@sha256:0')])).toEqual([
    [
      'ci.yaml:8:46 service_containers[1].image',
      '"example.com/x/postgres@sha256:0" listens on port 5432 of the localhost that all containers share, and another server does too: see service_containers[0] on line 7',
      'give one of the two another port, for example by `env: { PGPORT: "5433" }`',
    ],
  ]);
});

const cases: Record<string, [services: string[], engine: string, count: number]> = {
  'a server on the port of the engine': [[service('a', 'image: nginx')], '{image: alpine, port: 80}', 1],
  'one that its variable moves': [
    [service('a', 'image: postgres'), service('b', 'image: postgres, env: {PGPORT: "5433"}')],
    '{image: alpine}',
    0,
  ],
  'one that its variable moves onto another': [
    [service('a', 'image: postgres, env: {PGPORT: 3306}'), service('b', 'image: mysql')],
    '{image: alpine}',
    1,
  ],
  'one with a command of its own': [[service('a', 'image: redis'), service('b', 'image: redis, command: [x]')], '{image: alpine}', 0],
  'images that nobody knows': [[service('a', 'image: mine'), service('b', 'image: mine')], '{image: alpine}', 0],
  'other servers': [[service('a', 'image: redis'), service('b', 'image: postgres')], '{image: alpine}', 0],
};
test.for(Object.entries(cases))('%s', ([, [services, engine, count]]) => {
  expect(warningsOf(services, engine)).toHaveLength(count);
});

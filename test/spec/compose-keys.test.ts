import { describe, expect, test } from 'vitest';
import { base, box, engine, failure } from './support.js';

const service = (lines: string) => box(`    env: {A: b}\n    ${lines}\n`);

/** Keys of docker compose, each with the place at which it is reported and its remedy. */
const keys: Record<string, [text: string, at: string, remedy: string | RegExp]> = {
  environment: [service('environment: [A=b]'), '12:5 containers[0].environment', /^compose's `environment` is `env`, a mapping/],
  'environment of the engine': [engine('  environment: {}\n'), '7:3 engine.environment', /^compose's `environment` is `env`/],
  'environment at the top': [`${base}environment: {}\n`, '5:1 environment', /^compose's `environment` is `env`.*engine or a container/],
  services: [`${base}services: {}\n`, '5:1 services', /^compose's `services` are `containers` .* and `service_containers`/],
  networks: [`${base}networks: {}\n`, '5:1 networks', /one network/],
  'volumes of a container': [service('volumes: ["./src:/src"]'), '12:5 containers[0].volumes', /a container has them by `mounts:/],
  cpus: [service('cpus: 0.5'), '12:5 containers[0].cpus', "compose's `cpus` is `cpu`, in millicores: 1000 are one core"],
  mem_limit: [service('mem_limit: 1g'), '12:5 containers[0].mem_limit', "compose's `mem_limit` is `memory`, in MB"],
  depends_on: [service('depends_on: [db]'), '12:5 containers[0].depends_on', /^containers start together/],
  container_name: [service('container_name: db'), '12:5 containers[0].container_name', /is `name`/],
  'a test of a healthcheck': [
    service('healthcheck: {test: [CMD, x], command: x}'),
    '12:19 containers[0].healthcheck.test',
    "compose's `healthcheck.test` is `healthcheck.command`",
  ],
  'a healthcheck that is switched off': [
    engine('  healthcheck: {disable: true, command: x}\n'),
    '7:17 engine.healthcheck.disable',
    "compose's `disable: true` is `healthcheck: none`",
  ],
};

describe('a key of docker compose gets a sentence of its own', () => {
  test.each(Object.entries(keys))('%s', (_, [text, at, remedy]) => {
    const { problems = [] } = failure(text);
    const [problem] = problems;
    expect(problems).toHaveLength(1);
    const { line, column, path } = problem!.place!;
    expect(`${line}:${column} ${path}`).toBe(at);
    expect(problem!.remedy).toEqual(typeof remedy === 'string' ? remedy : expect.stringMatching(remedy));
  });

  test('not where compose has no such key', () => {
    expect(failure(`${base}access: {cpus: 1}\n`).remedy).toMatch(/^the keys here are bind, tls/);
    expect(failure(engine('  test: x\n')).remedy).toMatch(/^the keys here are image/);
    expect(failure(engine('  toString: x\n')).remedy).toMatch(/^the keys here are image/);
  });
});

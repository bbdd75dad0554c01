import { expect } from 'vitest';
import { buildGraph } from '../../src/plan/graph.js';
import { backendNames } from '../../src/runtime/backend-names.js';
import type { BackendName } from '../../src/spec/worker-spec.js';
import { dockerAvailable, images } from '../support/docker.js';
import { base, box, stackOf } from '../stacks/support.js';
import { scene } from '../cli/scene.js';
import { specs, waiting } from '../cli/specs.js';
import { failure } from '../spec/support.js';
import { attacks } from './attacks.js';

const maps = 'maps by name hold their own names alone';
const tree = 'a resource has a prefix in the construct tree, and its name in the stack';

/** Names that every object has, as variables of an environment. */
const env = { constructor: 'a', toString: 'b', valueOf: 'c', hasOwnProperty: 'd', isPrototypeOf: 'e' };

/** Ids that a stack of ours has for its own: variables, outputs, providers. */
const taken = [
  'constructor',
  'access',
  'docker',
  'aws',
  'mayfly',
  'origin',
  'backend',
  'remote-key',
  'address',
  'owner',
  'network',
  'task',
];

function namesIn(backend: BackendName, name: string): { addresses: string[]; text: string } {
  const spec = {
    ...base,
    name: 'constructor',
    storage: 2000,
    engine: { image: 'alpine:3.20', command: ['serve'], env },
    volumes: [{ name: `${name}-v`.slice(0, 31), storage: 10 }],
    containers: [box(name, { command: ['run'], env })],
    service_containers: [box(`${name}-s`, { command: ['run'], env })],
  };
  const stack = stackOf(spec, backend);
  return { addresses: [...buildGraph(stack).keys()], text: JSON.stringify(stack) };
}

attacks('names', {
  'names of Object and of the stack itself': {
    mechanism: tree,
    does: 'a worker, its container and its volume are called constructor, access, docker, origin …',
    right: 'the stack has them, on every backend',
    async check() {
      for (const name of taken) {
        expect(namesIn('docker', name).addresses).toEqual(
          expect.arrayContaining([`docker_container.${name}`, `docker_container.${name}-s`, `docker_volume.${name}-v`]),
        );
        expect(namesIn('process', name).addresses).toEqual(
          expect.arrayContaining([`mayfly_process.${name}`, `mayfly_process.${name}-s`, `mayfly_directory.${name}-v`]),
        );
        expect(namesIn('aws', name).text).toContain(`\\"name\\":\\"${name}\\"`);
      }
    },
  },
  'variables called as members of Object': {
    mechanism: maps,
    does: 'env has constructor, toString, valueOf, hasOwnProperty and isPrototypeOf',
    right: 'each stands in the definition of engine and container, on every backend',
    async check() {
      for (const backend of backendNames) {
        const { text } = namesIn(backend, 'build');
        for (const name of Object.keys(env)) expect(text.split(name).length, `${name} on ${backend}`).toBeGreaterThan(3);
      }
    },
  },
  'a variable called __proto__': {
    mechanism: maps,
    does: 'env has __proto__, in YAML and in JSON that a program wrote',
    right: 'refused in words, never left out in silence',
    async check() {
      const json = JSON.stringify({ ...base, engine: { image: 'alpine' } }).replace('"alpine"', '"alpine","env":{"__proto__":"x"}');
      expect(failure(json).message).toBe('__proto__ is not allowed as a key');
      expect(failure('engine:\n  env:\n    __proto__: x\n').problems.map(({ cause }) => cause)).toContain(
        '__proto__ is not allowed as a key',
      );
    },
  },
  'a reference to a variable called as a member of Object': {
    mechanism: maps,
    does: 'the spec has ${env:constructor}, which is not set',
    right: 'refused: it is not set',
    async check() {
      const text = 'max_duration: 60\ncpu: 1\nmemory: 10\nstorage: 0\nengine: { image: a, env: { A: "${env:constructor}" } }\n';
      expect(failure(text).message).toBe('the variable constructor is not set');
    },
  },
  'a whole life on the process backend': {
    mechanism: maps,
    does: 'a worker, an executor and a volume called constructor; an output and a setting called so',
    right: 'planned, applied, used and destroyed; unknown names are refused',
    async check() {
      const one = await scene({ spec: specs.process({ name: 'constructor', engine: { command: waiting, env } }) });
      const names = {
        volumes: [{ name: 'access', storage: 5 }],
        containers: [{ name: 'constructor', cpu: 10, memory: 16, storage: 5, command: waiting }],
      };
      await one.write(specs.process({ name: 'constructor', storage: 40, engine: { command: waiting, env }, ...names }));
      await one.must(['apply', 'SPEC', '--auto-approve']);
      expect(await one.must(['exec', 'constructor', '--', 'printenv', ...Object.keys(env)])).toBe('a\nb\nc\nd\ne\n');
      await one.must(['exec', 'constructor', 'constructor', '--', 'true']);
      expect((await one.cli(['plan', 'SPEC', '--detailed-exitcode'])).code).toBe(0);
      const output = await one.cli(['output', 'constructor', 'constructor']);
      expect([output.code, output.stderr]).toEqual([1, expect.stringContaining('has no output constructor')]);
      await one.write(specs.process({ name: 'constructor', engine: { command: waiting, env } }));
      expect(await one.must(['plan', 'SPEC'])).toMatch(/- +mayfly_process\.constructor/);
      await one.must(['destroy', 'constructor', '--auto-approve']);
    },
  },
});

attacks(
  'names',
  {
    'a whole life on Docker': {
      mechanism: tree,
      does: 'an executor and a volume called constructor and access',
      right: 'applied, adopted without a state, and gone',
      async check() {
        const one = await scene({ docker: 'real' });
        const build = {
          name: 'constructor',
          image: images.busybox,
          cpu: 10,
          memory: 16,
          storage: 5,
          mounts: [{ name: 'access', mount_point: '/a' }],
        };
        await one.write(specs.docker({ storage: 40, volumes: [{ name: 'access', storage: 5 }], containers: [build] }));
        await one.must(['apply', 'SPEC', '--auto-approve']);
        await one.must(['exec', 'NAME', 'constructor', '--', 'touch', '/a/file']);
        expect((await one.cli(['plan', 'SPEC', '--detailed-exitcode'], { env: { MAYFLY_STATE_DIR: `${one.folder}/other` } })).code).toBe(0);
        await one.must(['destroy', 'NAME', '--auto-approve']);
        expect(await one.leftAtLast()).toEqual([]);
      },
    },
  },
  { unless: !dockerAvailable() },
);

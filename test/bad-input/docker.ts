import { expect } from 'vitest';
import { specs } from '../cli/specs.js';
import { allObjects, images, must, removeObject } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import type { BadInput, Stage } from './bad-input.js';

const apply = { args: ['apply', 'SPEC', '--auto-approve'], docker: 'real', spec: specs.docker() } as const;
const refused = { ...apply, code: 'no_backend', at: 'docker', remedy: /another backend/ } as const;
const onDocker = { backend: 'docker' };

/** An object of somebody else under a name of ours: untouched by all that follows. */
const foreign =
  (kind: 'container' | 'volume', nameOf: (worker: string) => string) =>
  async ({ one }: Stage) => {
    const name = nameOf(one.name);
    if (kind === 'volume') await must('POST', '/volumes/create', { Name: name });
    else await must('POST', `/containers/create?name=${name}`, { Image: images.busybox, Cmd: ['true'] });
    const find = async () => (await allObjects()).find((object) => object.kind === kind && object.name === name);
    const before = await find();
    return async () => {
      expect(await find()).toEqual(before);
      await removeObject(before!);
    };
  };

/** The daemon is gone from the n-th making or starting on, in the sight of whoever asks; afterwards it is back. */
const goneAt =
  (call: number) =>
  async ({ one }: Stage) => {
    const host = one.env['DOCKER_HOST']!;
    let calls = 0;
    const proxy = await startDockerProxy({
      target: host.slice('unix://'.length),
      onCall: ({ moment, method, path }) => {
        if (moment === 'before' && method === 'POST' && /\/(create|start)\b/.test(path)) calls += 1;
        return calls >= call ? 'drop' : undefined;
      },
    });
    one.env['DOCKER_HOST'] = proxy.host;
    return async () => {
      one.env['DOCKER_HOST'] = host;
      await proxy.close();
    };
  };
const gone = {
  ...apply,
  spec: specs.docker({ volumes: [{ name: 'work', storage: 10 }] }),
  code: 'backend_unreachable',
  at: /^(docker_(volume|container)\.|unix:)/,
  cause: /does not answer/,
  remedy: /run the same command again/,
} as const;

/** What the real daemon says to them. */
export const badDocker: Record<string, BadInput> = {
  'an image that nobody has': {
    ...apply,
    spec: specs.docker({ engine: { image: 'mayfly-test/nowhere:1' } }),
    code: 'image_unavailable',
    at: 'docker_container.engine',
    cause: /cannot be pulled/,
    remedy: /check its name/,
  },
  'a name that is no image': {
    ...apply,
    spec: specs.docker({ engine: { image: 'Not An Image' } }),
    code: 'spec_invalid',
    at: /^SPEC:\d+:\d+ engine\.image$/,
    cause: /image/,
    remedy: /\S/,
  },
  'a command that is not in the image': {
    ...apply,
    spec: specs.docker({ engine: { image: images.busybox, command: ['no-such-command'], port: 8080 } }),
    code: 'not_ready',
    at: 'NAME/engine',
    cause: /ended with exit code 127/,
    remedy: /\S/,
  },
  "somebody's container of our name": {
    ...apply,
    code: 'foreign_object',
    at: 'docker_container.engine',
    cause: /was not made by mayfly/,
    remedy: /docker container rm .* or give the worker another name/,
    before: foreign('container', (worker) => `mayfly-${worker}.engine`),
  },
  "somebody's volume of our name": {
    ...apply,
    spec: specs.docker({ volumes: [{ name: 'work', storage: 10 }] }),
    code: 'foreign_object',
    at: 'docker_volume.work',
    cause: /was not made by mayfly/,
    remedy: /docker volume rm/,
    before: foreign('volume', (worker) => `mayfly-${worker}.work`),
  },
  'more cpu than the daemon has': { ...refused, spec: specs.docker({ ...onDocker, cpu: 1e6 }), cause: /1000000 millicores/ },
  'more memory than the daemon has': { ...refused, spec: specs.docker({ ...onDocker, memory: 1e8 }), cause: /100000000 MB/ },
  "another architecture than the daemon's": {
    ...refused,
    spec: specs.docker({ ...onDocker, arch: process.arch === 'arm64' ? 'amd64' : 'arm64' }),
    cause: /asks for a\w+64, the daemon runs on a\w+64/,
  },
  'sizes that must be enforced and are not': {
    ...apply,
    args: ['plan', 'SPEC', '--strict'],
    spec: specs.docker({ ...onDocker, volumes: [{ name: 'work', storage: 10 }] }),
    code: 'not_enforced',
    at: 'docker',
    cause: /work on disk is not enforced/,
    remedy: /--strict/,
  },
  // The first makes the bridge where there is none, so the third is one of the worker's own at the earliest.
  'a daemon that goes before anything is made': { ...gone, before: goneAt(1), lives: true },
  'a daemon that goes amid an apply': { ...gone, before: goneAt(3), lives: true },
};

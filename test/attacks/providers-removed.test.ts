import { expect } from 'vitest';
import { completeFrom, type ImageConfig } from '../../src/backends/docker/resources/image-config.js';
import type { Attributes } from '../../src/plan/resource-schema.js';
import { container, inspectOf, noChanges, planOf, small, type SpecFile, wait, worker } from '../docker/support.js';
import { images } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { attacks } from './attacks.js';

const image: ImageConfig = {
  Entrypoint: ['/entry'],
  Cmd: ['serve'],
  User: 'nobody',
  WorkingDir: '/srv',
  Env: ['FROM=image'],
  StopSignal: 'SIGINT',
  Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, Timeout: 2e9, StartPeriod: 3e9, Retries: 4 },
};
const own = { command: wait(), env: { A: 'b' }, healthcheck: { command: ['true'], interval: 1, timeout: 2, retries: 3 } };
const without = (key: keyof typeof own) => Object.fromEntries(Object.entries(own).filter(([name]) => name !== key));

/** What each container's spec becomes while it lives. */
const edits: Record<string, { from: SpecFile; to: SpecFile }> = {
  'no-command': { from: own, to: without('command') },
  'no-check': { from: own, to: without('healthcheck') },
  'no-env': { from: own, to: without('env') },
  same: { from: own, to: own },
};

/** A worker on a daemon of its own whose containers are of an image that decides all that one may leave open, before and after the edits. */
async function scene() {
  const { host, state, socketPath } = await startFakeDocker({ images: [images.busybox, 'own:1'] });
  state.imageConfigs.set('own:1', image as never);
  const spec = (when: 'from' | 'to') => ({
    ...small,
    containers: [container('box', { image: 'own:1', ...(when === 'to' && { command: ['run', 'it'] }) })],
    service_containers: Object.keys(edits).map((name) => container(name, { ...edits[name]![when], image: 'own:1', cpu: 10 })),
  });
  const one = await worker(spec('from'), { env: { DOCKER_HOST: host } });
  await one.apply();
  const before = await planOf(one);
  await one.edit(spec('to'));
  const { attributes } = await planOf(one);
  await one.apply();
  const after = await planOf(one);
  const config = async (name: string) => (await inspectOf(one.name, name, socketPath)).Config;
  const names = ['box', ...Object.keys(edits)];
  return {
    before,
    attributes,
    after,
    configs: Object.fromEntries(await Promise.all(names.map(async (name) => [name, await config(name)]))),
  };
}

let shared: ReturnType<typeof scene> | undefined;

/** The attributes that the edit of one container was planned to change, and its configuration afterwards. */
async function edited(name: string): Promise<{ changes: string[]; config: Record<string, unknown> }> {
  const { before, attributes, after, configs } = await (shared ??= scene());
  expect([before, after]).toEqual([noChanges, noChanges]);
  return { changes: attributes[`docker_container.${name}`] ?? [], config: configs[name]! };
}

attacks('providers', {
  'a command taken out': {
    mechanism: 'a configuration is completed from the image',
    does: 'removes `command` from a living service',
    right: 'it is replaced by one that runs the image’s command',
    async check() {
      expect(await edited('no-command')).toMatchObject({ changes: ['command'], config: { Cmd: ['serve'] } });
    },
  },
  'a healthcheck taken out': {
    mechanism: 'a configuration is completed from the image',
    does: 'removes `healthcheck` from a living service',
    right: 'it is replaced by one with the image’s check',
    async check() {
      expect(await edited('no-check')).toMatchObject({ changes: ['healthcheck'], config: { Healthcheck: image.Healthcheck } });
    },
  },
  'the last variable taken out': {
    mechanism: 'a configuration is completed from the image',
    does: 'removes `env` from a living service',
    right: 'it is replaced by one with the image’s environment',
    async check() {
      expect(await edited('no-env')).toMatchObject({ changes: ['env'], config: { Env: ['FROM=image'] } });
    },
  },
  'a command given to an executor without one': {
    mechanism: 'a configuration is completed from the image',
    does: 'adds `command` to an executor that mayfly kept up with an entrypoint of its own',
    right: 'the command is run by the image’s entrypoint, not by mayfly’s shell',
    async check() {
      const config = { Entrypoint: ['/entry'], Cmd: ['run', 'it'] };
      expect(await edited('box')).toMatchObject({ changes: ['command', 'entrypoint'], config });
    },
  },
  'a healthcheck of which the image decides a part': {
    mechanism: 'a configuration is completed from the image',
    does: 'gives a check without a start period to a service whose image has one',
    right: 'the daemon takes the image’s start period, and no later plan wants another',
    async check() {
      expect(await edited('same')).toMatchObject({ changes: [], config: { Healthcheck: { Retries: 3, StartPeriod: 3e9 } } });
    },
  },
  'every attribute that an image decides': {
    mechanism: 'a configuration is completed from the image',
    does: 'leaves out all that an image may say',
    right: 'each is the image’s; the hostname is the container’s id, or that of the network that it joins',
    async check() {
      const silent = { network_mode: 'mayfly' };
      expect(completeFrom(image, '0123456789abcdef', silent)).toEqual({
        network_mode: 'mayfly',
        command: ['serve'],
        entrypoint: ['/entry'],
        user: 'nobody',
        working_dir: '/srv',
        stop_signal: 'SIGINT',
        hostname: '0123456789ab',
        healthcheck: [{ interval: '1s', retries: 4, start_interval: '0s', start_period: '3s', test: ['CMD', 'true'], timeout: '2s' }],
      });
      const joined: Attributes = { network_mode: 'container:abc', entrypoint: ['sh'], user: '1', working_dir: '/w', hostname: '' };
      expect(completeFrom({}, 'id', joined)).toEqual({
        ...joined,
        command: [],
        stop_signal: '',
        healthcheck: null,
      });
    },
  },
});

import { expect } from 'vitest';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import type { EngineInfo } from '../../src/backends/docker/api-types.js';
import { makeOffer } from '../../src/backends/docker/offer.js';
import { parseSpec } from '../../src/spec/parse.js';
import { container, type SpecFile, small, worker } from '../docker/support.js';
import { dockerAvailable, images, must } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { attacks } from './attacks.js';

const before = 'said by the plan, before anything is made';

/** The offer of a daemon that has all that one asks for. */
function offerFor(more: SpecFile, host = 'unix:///var/run/docker.sock') {
  const { spec } = parseSpec(JSON.stringify({ name: 'w', ...small, ...more }), { file: 'w.json', env: {}, directory: '/' });
  const info = { NCPU: 8, MemTotal: 2 ** 34, Architecture: 'x86_64', ServerVersion: '28.0.0' } as EngineInfo;
  return makeOffer(spec, { info, endpoint: parseEndpoint(host, null, {}), quota: false, keeper: null, exec: null, job: false });
}

attacks('command line: specs on Docker', {
  'millicores below ten': {
    mechanism: before,
    does: 'cpu: 9 for the engine and cpu: 1 for a container, which runc refuses',
    right: 'the plan refuses them by name; 10 is accepted',
    async check() {
      const offer = offerFor({ cpu: 9, containers: [container('build', { cpu: 1 })] });
      expect(offer.reasons).toEqual([
        'the engine asks for 9 millicores, and docker needs at least 10: ask for more',
        'build asks for 1 millicores, and docker needs at least 10: ask for more',
      ]);
      expect(offerFor({ cpu: 10 }).reasons).toEqual([]);
    },
  },
  'access.bind: "::"': {
    mechanism: 'addresses of the family that is listened on',
    does: 'an engine with a port on the IPv6 wildcard',
    right: 'the addresses are ::1 and this machine’s own of IPv6, none of IPv4',
    async check() {
      const { addresses } = offerFor({ access: { bind: '::' }, engine: { image: images.busybox, port: 80 } }).facts;
      expect([addresses[0], addresses.filter((address) => !address.includes(':'))]).toEqual(['::1', []]);
      const ipv4 = offerFor({ access: { bind: '0.0.0.0' }, engine: { image: images.busybox, port: 80 } }).facts.addresses;
      expect([ipv4[0], ipv4.filter((address) => address.includes(':'))]).toEqual(['127.0.0.1', []]);
    },
  },
  'environment names with dots': {
    mechanism: 'a name that the daemon takes is a name',
    does: '`env: {discovery.type: single-node}`',
    right: 'the container has it',
    async check() {
      const fake = await startFakeDocker({ images: [images.busybox] });
      const one = await worker(
        { ...small, containers: [container('db', { env: { 'discovery.type': 'single-node' } })] },
        { env: { DOCKER_HOST: fake.host } },
      );
      await one.apply();
      const made = [...fake.state.containers.values()].find(({ name }) => name.endsWith('.db'));
      expect(made?.config.Env).toContain('discovery.type=single-node');
    },
  },
});

attacks(
  'command line: exec on Docker',
  {
    'a paused and a stopped container': {
      mechanism: 'one clear sentence',
      does: 'mayfly exec in each',
      right: 'the sentence says that it is paused, or how it ended, and what to do',
      async check() {
        const one = await worker({
          ...small,
          containers: [container('a', { command: ['sleep', '1000'] }), container('b', { command: ['sleep', '1000'] })],
        });
        await one.apply();
        await must('POST', `/containers/mayfly-${one.name}.a/pause`);
        await must('POST', `/containers/mayfly-${one.name}.b/kill`);
        const paused = await one.cli(['exec', 'NAME', 'a', '--', 'true']);
        expect([paused.code, paused.stderr]).toEqual([
          1,
          expect.stringContaining(`a: the container is paused and cannot run commands`) as string,
        ]);
        expect(paused.stderr).toContain(`docker unpause mayfly-${one.name}.a`);
        const stopped = await one.cli(['exec', 'NAME', 'b', '--', 'true']);
        expect(stopped.code).toBe(1);
        expect(stopped.stderr).toContain('the container does not run and cannot run commands: it ended with exit code 137');
        expect(stopped.stderr).toContain(`mayfly logs ${one.name} b`);
      },
    },
  },
  { unless: !dockerAvailable() },
);

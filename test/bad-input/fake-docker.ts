import { fakeDocker } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import type { Effect } from '../support/fake-docker/faults.js';
import type { FakeRequest } from '../support/fake-docker/http.js';
import type { BadInput, Stage } from './bad-input.js';

const apply = { args: ['apply', 'SPEC', '--auto-approve'], spec: specs.fake(), fake: () => fakeDocker() } as const;
const engine = 'docker_container.engine';
const on = (method: string, path: RegExp) => (req: FakeRequest) => req.method === method && path.test(req.path);
const createContainer = on('POST', /^\/containers\/create$/);

/** The daemon answers so from now on. */
const fails = (match: ReturnType<typeof on>, effect: Omit<Extract<Effect, { kind: 'fail' }>, 'kind'>) => ({
  before: async ({ fake }: Stage) => fake.faults.fail(match, effect),
});

const service = {
  name: 'db',
  image: 'busybox:1',
  cpu: 10,
  memory: 6,
  storage: 1,
  healthcheck: { command: ['true'], interval: '1s' },
};
const secret = '{"username": "u", "password": "hunter2"';
const privately = (pull_secret: string) => specs.fake({ engine: { image: 'registry.test/private:1', pull_secret } });

/** What daemons and registries do to those who ask them. */
export const badFakeDocker: Record<string, BadInput> = {
  'a port that is allocated already': {
    ...apply,
    ...fails(on('POST', /\/start$/), { status: 500, message: 'Bind for 127.0.0.1:8080 failed: port is already allocated' }),
    code: 'port_in_use',
    at: engine,
    cause: /port is already allocated/,
    remedy: /free the port/,
  },
  'no space for a container': {
    ...apply,
    ...fails(createContainer, { status: 500, message: 'mkdir /var/lib/docker/overlay2/x: no space left on device' }),
    code: 'storage_full',
    at: engine,
    cause: /no space left on device/,
    remedy: /free some disk space/,
  },
  'no space for a volume': {
    ...apply,
    spec: specs.fake({ volumes: [{ name: 'work', storage: 10 }] }),
    ...fails(on('POST', /^\/volumes\/create$/), { status: 500, message: 'mkdir /var/lib/docker/volumes/x: no space left on device' }),
    code: 'storage_full',
    at: 'docker_volume.work',
    cause: /no space left on device/,
    remedy: /free some disk space/,
  },
  'a daemon that refuses a container': {
    ...apply,
    ...fails(createContainer, { status: 400, message: 'invalid hostname' }),
    code: 'backend_refused',
    at: engine,
    cause: /docker refused it: invalid hostname/,
    remedy: /correct what it names in the spec/,
  },
  'a daemon that hangs up': {
    ...apply,
    code: 'backend_unreachable',
    at: engine,
    cause: /does not answer/,
    remedy: /run the same command again/,
    before: async ({ fake }) => fake.faults.dropConnection(createContainer, 'before'),
  },
  'a daemon that acts and hangs up': {
    ...apply,
    code: 'backend_unreachable',
    at: engine,
    cause: /does not answer/,
    remedy: /run the same command again/,
    before: async ({ fake }) => fake.faults.dropConnection(createContainer, 'after'),
  },
  'an image that is not there': {
    ...apply,
    spec: specs.fake({ engine: { image: 'nowhere:2' } }),
    code: 'image_unavailable',
    at: engine,
    cause: /pull access denied for nowhere/,
    remedy: /check its name/,
  },
  'a pull that breaks off': {
    ...apply,
    spec: specs.fake({ engine: { image: 'large:1' } }),
    code: 'image_unavailable',
    at: engine,
    cause: /unexpected EOF/,
    remedy: /check its name/,
    before: async ({ fake }) => void fake.state.registry.set('large:1', { breaksWith: 'unexpected EOF' }),
  },
  'a private image and the wrong secret': {
    ...apply,
    spec: privately('env:PULL'),
    options: { env: { PULL: `${secret}}` } },
    secrets: ['hunter2'],
    code: 'image_unavailable',
    at: engine,
    cause: /authentication required/,
    remedy: /credentials that pull_secret names/,
    before: async ({ fake }) => void fake.state.registry.set('registry.test/private:1', { auth: { username: 'other' } }),
  },
  'a pull secret that is not set': {
    ...apply,
    spec: privately('env:PULL'),
    code: 'image_unavailable',
    at: engine,
    cause: /variable PULL is not set/,
    remedy: /must be JSON/,
  },
  'a pull secret that is no file': {
    ...apply,
    spec: privately('file:nowhere.json'),
    code: 'image_unavailable',
    at: engine,
    cause: /nowhere\.json cannot be read/,
    remedy: /must be JSON/,
  },
  'a pull secret that is no JSON': {
    ...apply,
    spec: privately('env:PULL'),
    options: { env: { PULL: secret } },
    secrets: ['hunter2', secret],
    code: 'image_unavailable',
    at: engine,
    cause: /not JSON/,
    remedy: /must be JSON/,
  },
  'a service that does not get healthy': {
    ...apply,
    spec: specs.fake({ storage: 5, create_timeout: 2, service_containers: [service] }),
    fake: () => fakeDocker({ behave: ({ name }) => (name.endsWith('.db') ? { health: 'starting' } : {}) }),
    code: 'not_ready',
    at: /^(NAME\/db|docker_container\.db)$/,
    cause: /healthy|healthcheck/,
    remedy: /\S/,
  },
  'an engine that ends at once': {
    ...apply,
    fake: () => fakeDocker({ behave: () => ({ exitCode: 3, logs: ['no luck'] }) }),
    code: 'not_ready',
    at: 'NAME/engine',
    cause: /ended with exit code 3/,
    remedy: /last lines/,
  },
  "somebody's network of our name": {
    ...apply,
    code: 'foreign_object',
    at: 'mayfly',
    cause: /was not made by mayfly/,
    remedy: /docker network rm mayfly/,
    async before({ fake }) {
      const [other] = [...fake.state.networks.values()];
      fake.state.networks.set('foreign', { ...other!, Id: 'foreign', Name: 'mayfly', Labels: {} });
    },
  },
  'a worker that cannot be removed': {
    args: ['destroy', 'NAME', '--auto-approve'],
    spec: specs.fake(),
    fake: () => fakeDocker(),
    code: 'destroy_failed',
    cause: /device or resource busy|still there/,
    remedy: /\S/,
    lives: true,
    async before({ one, fake }) {
      await one.must(['apply', 'SPEC', '--auto-approve']);
      fake.faults.fail(on('DELETE', /^\/containers\//), { message: 'device or resource busy' });
      return () => fake.faults.clear();
    },
  },
};

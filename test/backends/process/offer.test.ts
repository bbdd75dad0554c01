import { describe, expect, test } from 'vitest';
import { type Machine, makeOffer, type Melodium } from '../../../src/backends/process/offer.js';
import type { ContainerSpec, EngineSpec, WorkerSpec } from '../../../src/spec/worker-spec.js';
import { spec } from './support.js';
import { asImage } from '../../support/as-image.js';

const machine: Machine = { platform: 'linux', arch: 'x64', cpu: 4000, memory: 8000 };
const engine: EngineSpec = {
  image: null,
  command: ['serve'],
  env: {},
  port: 8080,
  healthcheck: null,
  exec: false,
  ...asImage,
  secret_env: [],
  pull_secret: null,
};
const container: ContainerSpec = {
  name: 'build',
  image: null,
  command: null,
  env: {},
  cpu: 100,
  cpu_limit: null,
  memory: 100,
  storage: 0,
  mounts: [],
  sources: [],
  healthcheck: null,
  once: false,
  ...asImage,
  secret_env: [],
  pull_secret: null,
};
const melodium = { version: '0.11.0', image: 'melodium:0.11.0' };
const offer = (over: Partial<WorkerSpec>, on: Partial<Machine> = {}, problem: string | null = null, found: Melodium | null = null) =>
  makeOffer({ ...spec, engine, ...over }, { ...machine, ...on }, '/root-of-workers', problem, found);

test('what fits is accepted, with all that is asked', () => {
  expect(offer({ containers: [container] })).toMatchObject({
    backend: 'process',
    endpoint: '/root-of-workers',
    accepted: true,
    reasons: [],
    title: 'process (local)',
    arch: 'amd64',
    asks: { cpu: 600, memory: 356, storage: 100 },
    has: { cpu: 4000, memory: 8000 },
    facts: { kind: 'process', addresses: ['127.0.0.1'] },
    price: null,
  });
});

describe('refused with one plain reason', () => {
  const cases: Record<string, [given: ReturnType<typeof offer>, reason: RegExp]> = {
    'the engine has an image': [offer({ engine: { ...engine, image: 'alpine', command: null } }), /no images, and engine asks/],
    'containers have images': [
      offer({
        containers: [
          { ...container, image: 'rust' },
          { ...container, name: 'b', image: 'go' },
        ],
      }),
      /build, b asks/,
    ],
    'no engine and no version': [
      offer({ engine: null }, {}, null, { version: '0.11.0' }),
      /neither an engine of its own nor a version of the Mélodium engine/,
    ],
    'a Mélodium engine that is not there': [offer({ engine: null, melodium }), /no `melodium` on the PATH/],
    'a Mélodium engine of another version': [
      offer({ engine: null, melodium }, {}, null, { version: '0.10.2' }),
      /is 0\.10\.2, and the spec asks for 0\.11\.0/,
    ],
    'a Mélodium engine that says no version': [offer({ engine: null, melodium }, {}, null, { version: null }), /of an unknown version/],
    'a Mélodium engine with TLS for everyone': [
      offer({ engine: null, melodium, access: { bind: '0.0.0.0', tls: true, cidrs: [], public: false } }, {}, null, { version: '0.11.0' }),
      /certificate is valid for 127\.0\.0\.1/,
    ],
    'an engine that runs commands in containers': [offer({ engine: { ...engine, exec: true } }), /engine\.exec is for the docker backend/],
    'an engine without a command': [offer({ engine: { ...engine, command: null } }), /engine\.command is missing/],
    'an engine with an empty command': [offer({ engine: { ...engine, command: [] } }), /engine\.command is missing/],
    'a service without a command': [offer({ service_containers: [{ ...container, name: 'db' }] }), /service db has no command/],
    'another user': [
      offer({ engine: { ...engine, user: '1000' }, containers: [{ ...container, user: 'x' }] }),
      /as the user who made the worker, and engine, build asks for another: remove user/,
    ],
    'more cpu than there is, together': [offer({ cpu: 3950, containers: [container] }), /4\.0|4\.1 CPU.*4\.0/],
    'more memory than there is, together': [offer({ memory: 7950, containers: [container] }), /8050 MB.*8000 MB/],
    'another architecture': [offer({ arch: 'arm64' }), /arm64, and this machine is amd64/],
    'a machine of no architecture of ours': [offer({}, { arch: 'riscv64' }), /riscv64/],
    'not Linux': [offer({ engine: null }, { platform: 'darwin' }), /needs Linux, and this is darwin/],
    'a name that no shell passes on': [offer({ engine: { ...engine, env: { 'discovery.type': 'x' } } }), /discovery\.type of engine/],
    'a mount on the root': [offer({ containers: [{ ...container, mounts: [{ name: 'v', mount_point: '/' }] }] }), /\/ of build/],
    'a root that is not ours': [offer({}, {}, 'the root belongs to user 5'), /belongs to user 5/],
  };
  for (const [title, [given, reason]] of Object.entries(cases)) {
    test(title, () => {
      expect(given.accepted).toBe(false);
      expect(given.reasons).toEqual([expect.stringMatching(reason)]);
    });
  }
});

test('an entrypoint stands for a command', () => {
  const entrypoint = ['serve'];
  const service = { ...container, name: 'db', entrypoint };
  expect(offer({ engine: { ...engine, command: null, entrypoint }, service_containers: [service] }).accepted).toBe(true);
});

test('an executor needs no command', () => expect(offer({ containers: [container] }).accepted).toBe(true));

test('an engine that listens everywhere is reached on the loopback', () => {
  const addresses = (bind: string) => offer({ access: { bind, tls: true, cidrs: [], public: false } }).facts.addresses;
  expect(addresses('0.0.0.0')).toEqual(['127.0.0.1']);
  expect(addresses('::')).toEqual(['::1']);
  expect(addresses('192.168.1.5')).toEqual(['192.168.1.5']);
});

test('each limit that is not enforced is a line', () => {
  const volumes = [
    { name: 'work', storage: 10, medium: 'disk' as const },
    { name: 'fast', storage: 10, medium: 'memory' as const },
  ];
  expect(offer({}).unenforced).toHaveLength(3);
  expect(offer({ volumes }).unenforced).toEqual([
    expect.stringMatching(/^cpu/),
    expect.stringMatching(/^memory/),
    expect.stringMatching(/^storage/),
    expect.stringMatching(/volumes.*work, fast/),
    expect.stringMatching(/medium: memory.*\(fast\): it is a directory/),
  ]);
});

test('where programs find volumes is a line of the plan', () => {
  expect(offer({ volumes: [{ name: 'my-work', storage: 10, medium: 'disk' }] }).warnings).toContainEqual(
    expect.stringContaining('(media/my-work, not /media/my-work) and in MAYFLY_VOLUME_my_work'),
  );
});

import { readFileSync } from 'node:fs';
import type { BackendName } from '../../src/spec/worker-spec.js';
import { base, box } from './support.js';

interface Golden {
  backend: BackendName;
  quota?: boolean;
  spec: Record<string, unknown>;
}

const request = JSON.parse(readFileSync(new URL('../spec/fixtures/request.json', import.meta.url), 'utf8')) as Record<string, unknown>;

const ci: Record<string, unknown> = {
  ...base,
  name: 'ci',
  tags: ['ci', 'nightly'],
  id: '5d1c0c0e-3a2f-4a55-9d0e-6a2f4e1b7c11',
  volumes: [
    { name: 'work', storage: 500, medium: 'disk' },
    { name: 'scratch', storage: 64, medium: 'memory' },
  ],
  engine: {
    image: 'alpine:3.20',
    port: 8080,
    command: ['sh', '-c', 'echo "${HOME}" %{x} é'],
    env: { GREETING: 'hello "${name}"\n100%{off}', EMPTY: '' },
    healthcheck: { command: 'wget -q localhost:8080', interval: 0.5, timeout: 90, retries: 3, start_period: 2 },
  },
  containers: [
    box('build', { image: 'rust:1.80', cpu: 1500, storage: 600, mounts: [{ name: 'work', mount_point: '/work' }] }),
    box('lint', { command: ['cargo', 'clippy'], storage: 100, mounts: [{ name: 'scratch', mount_point: '/tmp/${scratch}' }] }),
  ],
  service_containers: [
    box('db', {
      image: 'postgres:16',
      cpu: 50,
      env: { POSTGRES_PASSWORD: '$${x}' },
      healthcheck: { command: ['CMD', 'pg_isready'], interval: 1 },
    }),
    box('redis', { image: 'redis:7', healthcheck: 'none' }),
    box('migrate', { command: ['migrate'], once: true }),
  ],
};

const withoutImages = (spec: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(spec, (key, value: unknown) => (key === 'image' ? undefined : value))) as Record<string, unknown>;

/** Fargate keeps no volume in memory. */
const withMediumDisk = (spec: Record<string, unknown>): Record<string, unknown> => ({
  ...spec,
  volumes: (spec['volumes'] as Record<string, unknown>[]).map((volume) => ({ ...volume, medium: 'disk' })),
});

/** Processes have no image to say what they run. */
const serving = (containers: unknown) => (containers as Record<string, unknown>[]).map((one) => ({ command: ['serve'], ...one }));

/** A stack a file of test/golden, so that a change of what is made shows in review. */
export const golden: Record<string, Golden> = {
  'docker-engine': { backend: 'docker', spec: { ...base, engine: { image: 'alpine:3.20', port: 8080 } } },
  'docker-ci': { backend: 'docker', spec: ci },
  'docker-quota': { backend: 'docker', quota: true, spec: { ...ci, access: { bind: '0.0.0.0', tls: false } } },
  'docker-request': { backend: 'docker', spec: { ...request, name: 'steps' } },
  'aws-engine': { backend: 'aws', spec: { ...base, engine: { image: 'alpine:3.20', port: 8080 } } },
  'aws-ci': {
    backend: 'aws',
    spec: {
      ...withMediumDisk(ci),
      access: { cidrs: ['10.0.0.0/8', '2001:db8::/32'], public: true },
      containers: (ci['containers'] as Record<string, unknown>[]).map((one) => ({ ...one, pull_secret: 'env:REGISTRY_AUTH' })),
    },
  },
  'process-hello': { backend: 'process', spec: { ...base, engine: { command: ['node', 'server.js'], port: 8080 } } },
  'process-ci': {
    backend: 'process',
    spec: withoutImages({ ...ci, containers: serving(ci['containers']), service_containers: serving(ci['service_containers']) }),
  },
};

import fc from 'fast-check';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/).filter((one) => !/^(?:engine|lease(?:-\d+)?)$/.test(one));
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((one) => !one.includes('\0'));
const command = fc.option(fc.array(fc.oneof(text, fc.constant('')), { minLength: 1, maxLength: 4 }));
const env = fc.dictionary(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((one) => one !== '__proto__'),
  fc.oneof(text, fc.constant(''), fc.constant('1.10'), fc.constant('true')),
  { noNullPrototype: true },
);
const settings = {
  entrypoint: fc.option(fc.array(fc.oneof(text, fc.constant('')), { minLength: 1, maxLength: 3 })),
  working_dir: fc.option(fc.constantFrom('/', '/src', '/a b/ü')),
  user: fc.option(fc.constantFrom('0', 'postgres', '1000:1000')),
  shm_size: fc.option(fc.integer({ min: 1, max: 1000 })),
  files: fc.uniqueArray(
    fc.record({
      to: fc.constantFrom('/a', '/etc/ü b', '/${x}'),
      content: text.map((one) => Buffer.from(one).toString('base64')),
      mode: fc.constantFrom('0644', '0600'),
      owner: fc.constantFrom(null, '999:0'),
    }),
    { selector: ({ to }) => to, maxLength: 2 },
  ),
};
const image = fc.constantFrom('alpine:3.20', 'registry.example.com:5000/team/app@sha256:0123', 'busybox');
const seconds = fc.oneof(fc.integer({ min: 1, max: 86_400 }), fc.constantFrom(0.5, 0.001, 2.25));
const healthcheck = fc.option(
  fc.record({
    command: fc.array(text, { minLength: 1, maxLength: 3 }).map((words) => ['CMD', ...words]),
    interval: seconds,
    timeout: seconds,
    retries: fc.integer({ min: 1, max: 10_000 }),
    start_period: fc.constantFrom(0, 10),
  }),
);
const pullSecret = fc.option(
  fc.oneof(
    fc.constant({ from: 'env' as const, name: 'TOKEN' }),
    fc.constant({ from: 'file' as const, path: '/etc/auth' }),
    fc.constant({ from: 'inline' as const, json: '{"auths": {"a": {}}}' }),
  ),
);
const artifact = fc.record({
  from: text,
  to: fc.option(fc.constantFrom('out/', 'reports/junit.xml')),
  optional: fc.boolean(),
  when: fc.constantFrom('always' as const, 'failure' as const),
  max: fc.option(fc.integer({ min: 1, max: 1000 })),
});
const size = fc.integer({ min: 6, max: 100_000 });
const cpuLimit = fc.option(fc.oneof(fc.constant('none' as const), fc.constant(100_000)));
const label = fc.option(text);

const checkout = { source: '/specs/app', mount_point: '/own', read_only: true, copy_on_write: false };

/** Any spec that keeps the rules: sizes are chosen so that the volumes fit. */
export const workerSpec: fc.Arbitrary<WorkerSpec> = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 9, maxLength: 9 }),
    cached: fc.option(fc.record({ size: fc.integer({ min: 1, max: 10_000 }), keep: fc.integer({ min: 60, max: 31_536_000 }) })),
    volumes: fc.array(
      fc.record({ storage: fc.integer({ min: 1, max: 1000 }), medium: fc.constantFrom('disk' as const, 'memory' as const) }),
      {
        maxLength: 3,
      },
    ),
    containers: fc.array(
      fc.record({
        image,
        command,
        env,
        cpu: size,
        cpu_limit: cpuLimit,
        memory: size,
        spare: fc.nat(1000),
        mounted: fc.nat(7),
        ...settings,
        secret_env: fc.constant<string[]>([]),
        pull_secret: pullSecret,
        healthcheck: fc.oneof(healthcheck, fc.constant('none' as const)),
      }),
      { maxLength: 2 },
    ),
    services: fc.array(
      fc.record({
        image,
        command,
        env,
        cpu: size,
        cpu_limit: cpuLimit,
        memory: size,
        spare: fc.nat(1000),
        mounted: fc.nat(7),
        ...settings,
        secret_env: fc.constant<string[]>([]),
        pull_secret: pullSecret,
        checked: fc.oneof(
          healthcheck.map((check) => ({ healthcheck: check, once: false })),
          fc.constant({ healthcheck: null, once: true }),
        ),
      }),
      { maxLength: 2 },
    ),
    engine: fc.option(
      fc.record({
        image,
        command,
        env,
        port: fc.option(fc.integer({ min: 1, max: 65_535 })),
        healthcheck,
        exec: fc.boolean(),
        ...settings,
        secret_env: fc.constant<string[]>([]),
        pull_secret: pullSecret,
      }),
    ),
    melodium: fc.record({ version: fc.option(fc.constantFrom('0.11.0', '0.10.2-rc1')), image }),
    artifacts: fc.array(artifact, { maxLength: 2 }),
    spare: fc.nat(1000),
    plain: fc.record({
      collect_grace: fc.constantFrom(0, 2.5, 60),
      retain: fc.option(fc.record({ failure: fc.constantFrom(1.5, 600) })),
      max_duration: fc.integer({ min: 1, max: 2_592_000 }),
      create_timeout: fc.integer({ min: 1, max: 2_592_000 }),
      cpu: size,
      cpu_limit: cpuLimit,
      memory: size,
      arch: fc.option(fc.constantFrom('amd64' as const, 'arm64' as const)),
      backend: fc.option(fc.constantFrom('docker' as const, 'process' as const, 'aws' as const)),
      access: fc.record({
        bind: fc.oneof(fc.ipV4(), fc.ipV6()),
        tls: fc.boolean(),
        cidrs: fc.array(fc.constantFrom('10.0.0.0/8', '2001:db8::/32'), { maxLength: 2 }),
        public: fc.boolean(),
      }),
      ports: fc
        .uniqueArray(name, { maxLength: 3 })
        .map((names) => names.map((one, at) => ({ name: one, port: 7001 + at, host: at === 1 ? 17_002 : null }))),
      max_cost: fc.option(fc.constantFrom(0.01, 5)),
      tags: fc.array(text, { maxLength: 3 }),
      id: label,
      organization_id: label,
      parent_id: label,
      group_id: label,
      self_key: label,
    }),
  })
  .map(({ names, volumes, cached, containers, services, engine, melodium, artifacts, spare, plain }) => {
    const [own = '', ...free] = names;
    const named = volumes.map((volume, index) => ({ name: free[index] ?? '', ...volume }));
    const total = (some: { storage: number }[]) => some.reduce((sum, one) => sum + one.storage, 0);
    const place = <T extends { spare: number; mounted: number }>({ spare: rest, mounted, ...one }: T, at: number) => {
      const mine = named.filter((_, bit) => (mounted >> bit) & 1);
      const mounts = mine.map((volume, index) => ({ name: volume.name, mount_point: `/mnt/${index}` }));
      return { name: free[at] ?? '', ...one, storage: total(mine) + rest, mounts, sources: rest % 2 === 0 ? [] : [checkout] };
    };
    const executors = containers.map((one, index) => ({ ...place(one, 3 + index), once: false }));
    const placedServices = services.map(({ checked, ...one }, index) => ({ ...place(one, 5 + index), ...checked }));
    const all = [...(engine ? [{ name: 'engine' }] : []), ...executors, ...placedServices];
    return {
      name: own,
      ...plain,
      ports: plain.ports.filter(({ port }) => port !== engine?.port),
      storage: total(named) + spare,
      engine,
      melodium: engine ? null : melodium,
      volumes: named,
      caches: cached ? [{ name: 'pip', to: '/cache', in: 'engine', ...cached }] : [],
      containers: executors,
      service_containers: placedServices,
      artifacts: all.flatMap((one) => artifacts.map((each) => ({ container: one.name, ...each }))),
      copy: [],
    };
  });

/** What a file that means the spec holds. */
export function fileOf(spec: WorkerSpec): Record<string, unknown> {
  const secret = (one: WorkerSpec['containers'][number]['pull_secret']) => {
    if (!one) return null;
    return one.from === 'inline' ? one.json : `${one.from}:${one.from === 'env' ? one.name : one.path}`;
  };
  const written = <T extends Pick<WorkerSpec['containers'][number], 'pull_secret' | 'secret_env' | 'files'>>(
    { secret_env: _, ...one }: T,
    name: string,
  ) => ({
    ...one,
    files: one.files.map(({ content, ...file }) => ({ ...file, content: Buffer.from(content, 'base64').toString() })),
    pull_secret: secret(one.pull_secret),
    artifacts: artifacts.filter(({ container }) => container === name).map(({ container: _, ...each }) => each),
  });
  const mounted = <T extends Pick<WorkerSpec['containers'][number], 'mounts' | 'sources'>>({ sources, ...one }: T) => ({
    ...one,
    mounts: [...one.mounts, ...sources],
  });
  const { self_key, engine, melodium, containers, service_containers, artifacts, ...rest } = spec;
  const file = {
    ...rest,
    ...melodium,
    mode: self_key === null ? null : { distribution_secret_key: { key: self_key } },
    engine: engine && written(engine, 'engine'),
    containers: containers.map(({ once: _, ...one }) => written(mounted(one), one.name)),
    service_containers: service_containers.map((one) => written(mounted(one), one.name)),
  };
  return escaped(file) as Record<string, unknown>;
}

/** Texts that look like references are written so that they stand for themselves. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${env:', '$${env:');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, escaped(one)]));
}

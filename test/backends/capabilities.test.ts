import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { makeOffer as awsOffer } from '../../src/backends/aws/offer.js';
import { withTable } from '../../src/backends/capability-table.js';
import { declaredColumns } from '../../src/runtime/declared.js';
import { type Aspect, aspects } from '../../src/backends/ports/capabilities.js';
import type { EngineInfo } from '../../src/backends/docker/api-types.js';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { makeOffer as dockerOffer } from '../../src/backends/docker/offer.js';
import { podmanOffer } from '../../src/backends/docker/podman.js';
import { makeOffer as processOffer } from '../../src/backends/process/offer.js';
import type { Offer } from '../../src/spec/offer.js';
import { parseSpec } from '../../src/spec/parse.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { options } from '../spec/support.js';
import { account } from './aws/support.js';

const declared = await declaredColumns();

const info = { ID: 'A', Name: hostname(), NCPU: 4, MemTotal: 8 * 2 ** 30, Architecture: 'x86_64', ServerVersion: '20.10.24' } as EngineInfo;
const docker = (spec: WorkerSpec) =>
  dockerOffer(spec, {
    info,
    endpoint: parseEndpoint('unix:///var/run/docker.sock', null, {}),
    quota: false,
    keeper: null,
    exec: '/run/mayfly',
    job: false,
  });

/** Every backend that is declared, with as much of everything as a host usually has. */
const offers: Record<string, (spec: WorkerSpec) => Offer> = {
  docker,
  podman: (spec) => podmanOffer(spec, docker(spec), '4.3.1'),
  process: (spec) =>
    processOffer(spec, { platform: 'linux', arch: 'x64', cpu: 4000, memory: 8192 }, '/workers', null, { version: '0.11.0' }),
  aws: (spec) => awsOffer(spec, account),
};

interface Probe {
  /** Lines of a spec that ask for it, beside what every spec has. */
  text: string;
  /** What a line of the plan says when it isn't held to, or rounded. */
  line: RegExp;
  /** It runs no program of its own: `text` has an engine. */
  engine?: false;
}

const size = 'max_duration: 60\ncpu: 500\nmemory: 1024\nstorage: 20000\n';
const container = (more: string) => `[{name: a, cpu: 500, memory: 64, storage: 100, ${more}}]\n`;

/** No spec asks for sessions and fresh containers: the backends' contract compares what is declared of them. */
type Probed = Exclude<Aspect, 'sessions' | 'fresh'>;

/** One spec that asks for it, for each thing that backends differ in. `THING` is an image, or a command where there are none. */
const probes: Record<Probed, Probe> = {
  total: { text: 'containers: [{name: a, cpu: 300, memory: 700, storage: 0, THING}]\n', line: /^cpu: .* for the .* asked/ },
  cpu: { text: `containers: ${container('THING')}`, line: /^cpu .*not enforced/ },
  cpuLimit: { text: `containers: ${container('THING, cpu_limit: 1000')}`, line: /^cpu_limit .*not enforced/ },
  memory: { text: `containers: ${container('THING')}`, line: /^memory is not enforced/ },
  storage: { text: `containers: ${container('THING')}`, line: /^(the )?storage .*not enforced/ },
  volumes: { text: 'volumes: [{name: work, storage: 10}]\n', line: /^the size of .*not enforced/ },
  memoryVolumes: { text: 'volumes: [{name: work, storage: 10, medium: memory}]\n', line: /^medium: memory is ignored/ },
  caches: { text: 'caches: [{name: pip, to: /cache}]\n', line: /caches/ },
  sources: { text: `containers: ${container('THING, mounts: [{source: /src, mount_point: /src}]')}`, line: /source/ },
  copyOnWrite: {
    text: `containers: ${container('THING, mounts: [{source: /src, mount_point: /src, copy_on_write: true}]')}`,
    line: /copy_on_write/,
  },
  images: { text: 'engine: {image: alpine}\n', line: /no image/, engine: false },
  containers: {
    text: `service_containers: [${Array.from({ length: 10 }, (_, index) => `{name: a-${index}, cpu: 10, memory: 6, storage: 0, THING}`).join(', ')}]\n`,
    line: /how many/,
  },
  healthcheck: {
    text: `service_containers: ${container("THING, healthcheck: {command: 'true', interval: 0.5}")}`,
    line: /^healthcheck of a: interval 5 s/,
  },
  entrypoint: { text: `containers: ${container('THING, entrypoint: [sh]')}`, line: /entrypoint/ },
  workingDir: { text: `containers: ${container('THING, working_dir: /src')}`, line: /working_dir/ },
  user: { text: `containers: ${container('THING, user: 1000')}`, line: /user/ },
  sharedMemory: { text: `containers: ${container('THING, shm_size: 128')}`, line: /shm/ },
  artifacts: { text: `containers: ${container('THING, artifacts: [junit.xml]')}`, line: /artifacts/ },
  files: { text: `containers: ${container('THING, files: [{to: /a, content: x}]')}`, line: /^files/ },
  once: { text: `service_containers: ${container('THING, once: true')}`, line: /once/ },
  exec: { text: `engine: {THING, exec: true}\ncontainers: ${container('THING')}`, line: /exec/, engine: false },
  melodium: { text: `version: 0.11.0\naccess: {tls: false}\ncontainers: ${container('THING')}`, line: /commands/, engine: false },
  copy: { text: 'copy: [{from: ., to: /src}]\n', line: /copy/ },
  copyOwner: { text: 'copy: [{from: ., to: /src, owner: keep}]\n', line: /copy/ },
  arch: { text: 'arch: arm64\n', line: /arch/ },
  bind: { text: 'access: {bind: 10.0.0.1}\n', line: /bind/ },
  ports: { text: 'ports: [{name: db, port: 5432}]\n', line: /ports/ },
  cidrs: { text: 'access: {cidrs: [10.0.0.0/8], public: true}\n', line: /cidrs/ },
  cost: { text: 'max_cost: 0.01\ncontainers: [{name: a, cpu: 3000, memory: 4000, storage: 0, THING}]\n', line: /cost/ },
  apart: { text: '', line: /apart/ },
};

/** Asked beyond what the backend takes where that is what it declares to refuse; a limit that is enforced is within it. */
function answerOf(name: string, { text, engine }: Probe): Offer {
  const own = declared[name]!.images.how === 'refused' ? 'command: [serve]' : 'image: alpine';
  const given = `${size}${engine === false ? '' : `engine: {THING}\n`}${text}`.replaceAll('THING', own);
  return offers[name]!(parseSpec(given, options).spec);
}

describe.each(Object.keys(declared))('%s does what it declares', (name) => {
  test.each(Object.keys(probes) as Probed[])('%s', (aspect) => {
    const { how } = declared[name]![aspect];
    const probe = probes[aspect];
    const { accepted, reasons, unenforced, rounded } = answerOf(name, probe);
    // A sum of money is refused where it is held to, since this one is too small.
    const isRefused = how === 'refused' || (aspect === 'cost' && how === 'enforced');
    expect({ accepted, reasons: reasons.length > 0 }).toEqual({ accepted: !isRefused, reasons: isRefused });
    expect(unenforced.some((line) => probe.line.test(line))).toBe(how === 'unenforced');
    expect(rounded.some((line) => probe.line.test(line))).toBe(how === 'rounded');
  });
});

test('every backend says something of everything', () => {
  for (const capabilities of Object.values(declared)) {
    expect(Object.keys(capabilities).sort()).toEqual(Object.keys(aspects).sort());
    for (const { says } of Object.values(capabilities)) expect(says).not.toBe('');
  }
});

test('the table in the docs is the one that the backends declare: `npm run build` writes it', async () => {
  const page = await readFile(new URL('../../docs/backends.md', import.meta.url), 'utf8');
  expect(withTable(page, declared)).toBe(page);
  expect(() => withTable('# no place\n', declared)).toThrow(/no place for the table/);
});

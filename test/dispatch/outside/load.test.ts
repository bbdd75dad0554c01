import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultsOf, base, box, load } from './support.js';

const request: unknown = JSON.parse(readFileSync(new URL('../../spec/fixtures/request.json', import.meta.url), 'utf8'));

test('a request of Mélodium is read', () => {
  const { spec, warnings } = load(request);
  expect(spec).toMatchObject({
    name: 'worker',
    melodium: { version: '0.11.0', image: 'registry.example.com/melodium/melodium:0.11.0-alpine-docker' },
    self_key: '73c28ee9-58c0-4afe-9a3e-f2881b781d31',
    organization_id: 'acme',
    group_id: '847d3348-5ef1-487d-86a2-2e280bcbe04f',
  });
  expect(warnings).toEqual([]);
});

test('a spec is read with all its defaults; values of env are marked as secret; fields without an effect may hold anything', () => {
  const { spec, warnings } = load({
    ...box({ env: { TOKEN: 'a', PORT: 5432 }, files: [{ to: '/a', content: 'x' }] }),
    engine: { image: 'alpine:3.20', env: { KEY: 'b' } },
    service_containers: [{ name: 'db', image: 'postgres:16', env: { PGPASSWORD: 'c' } }],
    name: 'ci',
    config: { token: 'd' },
    local_exec: true,
    os: 'linux',
    'x-own': 1,
    $schema: 'https://example.com/schema.json',
  });
  expect(spec).toMatchObject({
    name: 'ci',
    create_timeout: 600,
    engine: { env: { KEY: 'b' }, secret_env: ['KEY'] },
    containers: [{ env: { TOKEN: 'a', PORT: '5432' }, secret_env: ['TOKEN', 'PORT'], files: [{ content: 'eA==' }] }],
    service_containers: [{ env: { PGPASSWORD: 'c' }, secret_env: ['PGPASSWORD'] }],
    organization_id: 'acme',
  });
  expect(warnings).toEqual([
    {
      place: { path: 'os' },
      cause: 'is ignored: it is for the Mélodium engine, but this spec has its own engine',
      remedy: 'remove it',
    },
  ]);
});

test('null and empty lists mean absent in refused fields too', () => {
  const spec = { ...box({ env_file: null, mounts: null, artifacts: [] }), copy: [], caches: null, access: null };
  expect(faultsOf(spec)).toEqual([]);
});

test('all faults are reported at once: those of the table, then those of the schema and the rules', () => {
  expect(
    faultsOf({
      ...box({ env_file: '.env', memory: 'lots', mounts: [{ source: '/etc', mount_point: 'etc' }] }),
      access: { bind: '0.0.0.0', tls: 'no' },
      ports: [{ name: 'db', port: 5432, host: 22 }],
      colour: 'red',
      max_duration: 0,
    }),
  ).toEqual([
    'containers[0].env_file: names files of the server; write the variables under `env`',
    'containers[0].mounts[0].source: names a directory of the server; mount a volume of the spec',
    'access.bind: opens the port to other machines; write 127.0.0.1, or ask an administrator of the server to allow `exposed`',
    'ports[0].host: takes a fixed port of the host; remove it: a free port is then used, or ask an administrator of the server to allow `host_ports`',
    'max_duration: must be from 1 to 2592000 seconds, got 0; write for example `max_duration: 30m` (Time that the worker may live after it is ready: seconds, or a duration)',
    'containers[0].memory: must be a whole number of MB, got "lots"; write for example `memory: 1024` (MB (2^20 bytes), or with a unit)',
    'containers[0].mounts[0].mount_point: must be an absolute path without ":", got "etc"; write for example `mount_point: /work` (Absolute path of the volume in the container. It must be neither the same as nor inside another mount point of the container)',
    'access.tls: must be true or false, got "no"; write for example `tls: true` (Whether clients connect to the engine over TLS)',
    'colour: unknown key "colour"; the keys here are name, max_duration, create_timeout, max_cost, cpu, cpu_limit, memory, storage, arch, backend, engine, volumes, containers, service_containers, collect_grace, caches, copy, retain, access, ports, tags, id, organization_id, parent_id, group_id, mode, version, edition, os, image, config, local_exec',
  ]);
});

test.each([undefined, null, 5, 'max_duration: 60', [base]])('%j is no spec', (value) => {
  expect(faultsOf(value)).toEqual(['spec: must be a JSON object; send a spec: {"max_duration": 600, "engine": {"image": "alpine:3.20"}}']);
});

test('a permission allows its fields', () => {
  const spec = {
    ...box({}),
    backend: 'process',
    access: { bind: '0.0.0.0', cidrs: ['10.0.0.0/8'], public: true },
    ports: [{ name: 'db', port: 5432, host: 15432 }],
    caches: [{ name: 'pip', to: '/cache' }],
  };
  const all = { processes: true, exposed: true, host_ports: true, caches: true };
  const fieldsWithout = (name: keyof typeof all) => faultsOf(spec, { ...all, [name]: false }).map((fault) => fault.split(':')[0]);
  expect(faultsOf(spec, all)).toEqual([]);
  expect(fieldsWithout('processes')).toEqual(['backend']);
  expect(fieldsWithout('exposed')).toEqual(['access.bind', 'access.cidrs', 'access.public']);
  expect(fieldsWithout('host_ports')).toEqual(['ports[0].host']);
  expect(fieldsWithout('caches')).toEqual(['caches']);
});

test('faults of the schema in a refused field are consequences, and are not reported', () => {
  const spec = { ...base, caches: [{ name: 'x${hash:/a}', to: 'relative' }], copy: [{ from: '${env:A}', to: 'relative', in: 'nobody' }] };
  expect(faultsOf(spec).map((fault) => fault.split(':')[0])).toEqual(['caches', 'copy', 'copy[0].from']);
});

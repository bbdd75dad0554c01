import { symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { EngineInfo } from '../../../src/backends/docker/api-types.js';
import { type Endpoint, parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { execPlace, keptPlace } from '../../../src/backends/docker/exec-place.js';
import { makeOffer } from '../../../src/backends/docker/offer.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { base, options } from '../../spec/support.js';
import { tempDir } from '../../support/temp-dir.js';

const info = {
  ID: 'A:B',
  Name: hostname(),
  NCPU: 4,
  MemTotal: 8 * 2 ** 30,
  Architecture: 'x86_64',
  ServerVersion: '20.10.24',
} as EngineInfo;
const local = parseEndpoint('unix:///var/run/docker.sock', null, {});
const remote = parseEndpoint('tcp://docker.example.com:2375', null, {});

describe('where the socket of a worker can be', () => {
  const place = (endpoint: Endpoint, name = hostname(), keeper: string | null = null) =>
    execPlace({ ...info, Name: name }, endpoint, '/run/mayfly', keeper);

  test('on the daemon’s own machine: a directory of that daemon', () => {
    expect(place(local)).toMatch(/^\/run\/mayfly\/[0-9a-f]{12}$/);
    expect(place(local)).not.toBe(execPlace({ ...info, ID: 'C:D' }, local, '/run/mayfly', null));
    expect(place(local, hostname(), 'mayfly-keeper')).toBe(place(local));
  });

  test('two daemons with one ID have two directories, one daemon has one however its socket is called', async () => {
    const other = parseEndpoint('unix:///run/other.sock', null, {});
    expect(place(other)).toMatch(/^\/run\/mayfly\/[0-9a-f]{12}$/);
    expect(place(other)).not.toBe(place(local));
    expect(execPlace({ ...info, Name: hostname(), DockerRootDir: '/copy' }, local, '/run/mayfly', null)).not.toBe(place(local));
    const directory = await tempDir('sockets');
    await writeFile(`${directory}/real.sock`, '');
    await symlink('real.sock', `${directory}/link.sock`);
    const [real, link] = ['real', 'link'].map((name) => place(parseEndpoint(`unix://${directory}/${name}.sock`, null, {})));
    expect(link).toBe(real);
  });

  test('a living engine keeps what it has, a directory or a volume', () => {
    expect(keptPlace('/run/mayfly/0123456789ab/ci', null)).toBe('/run/mayfly/0123456789ab');
    expect(keptPlace('mayfly-ci.engine_exec', 'mayfly-keeper')).toBe('volume');
    expect(keptPlace('mayfly-ci.engine_exec', null)).toBeNull();
  });

  test('elsewhere: a volume, if a keeper inside the daemon serves it', () => {
    expect(place(remote)).toBeNull();
    expect(place(local, 'a-virtual-machine')).toBeNull();
    expect(place(remote, hostname(), 'mayfly-keeper')).toBe('volume');
    expect(place(local, 'a-virtual-machine', 'mayfly-keeper')).toBe('volume');
  });
});

describe('an engine that runs commands in its containers', () => {
  const box = 'containers: [{name: box, image: busybox, cpu: 10, memory: 6, storage: 0}]\n';
  const offer = (text: string, exec: string | null) =>
    makeOffer(parseSpec(base + text, { ...options }).spec, { info, endpoint: remote, quota: true, keeper: null, exec, job: false });
  const cases: Record<string, [text: string, refused: boolean]> = {
    'a Mélodium engine with containers': [`version: 0.11.0\n${box}`, true],
    'a Mélodium engine without': ['version: 0.11.0\n', false],
    'an engine that asks for it': [`engine: {image: a, exec: true}\n${box}`, true],
    'an engine that does not': [`engine: {image: a}\n${box}`, false],
  };

  test.each(Object.entries(cases))('%s is refused where there is no place for its socket', (_name, [text, refused]) => {
    const { accepted, reasons } = offer(text, null);
    expect(accepted).toBe(!refused);
    expect(reasons).toEqual(refused ? [expect.stringMatching(/start a keeper inside the daemon/)] : []);
    expect(offer(text, 'volume').accepted).toBe(true);
  });
});

test('neither an engine nor a version', () => {
  const { reasons } = makeOffer(parseSpec(base, options).spec, {
    info,
    endpoint: local,
    quota: true,
    keeper: null,
    exec: null,
    job: false,
  });
  expect(reasons).toEqual([expect.stringMatching(/neither an engine of its own nor a version of the Mélodium engine/)]);
});

describe('an offer compares what is asked with what the host has', () => {
  const ask = (text: string, more: Partial<EngineInfo> = {}, endpoint = local) =>
    makeOffer(parseSpec(`max_duration: 60\nstorage: 100\nengine: {image: alpine, port: 80}\n${text}`, options).spec, {
      info: { ...info, ...more },
      endpoint,
      quota: false,
      keeper: null,
      exec: null,
      job: false,
    });

  test.each<[string, string, Partial<EngineInfo>, string[]]>([
    ['all of it', 'cpu: 4000\nmemory: 8192\n', {}, []],
    ['a millicore more', 'cpu: 4001\nmemory: 8192\n', {}, ["the spec asks for 4001 millicores in all, the daemon's host has 4000"]],
    ['a MB more', 'cpu: 4000\nmemory: 8193\n', {}, ["the spec asks for 8193 MB of memory in all, the daemon's host has 8192"]],
    ['the least that docker takes', 'cpu: 10\nmemory: 6\n', {}, []],
    ['less than docker takes', 'cpu: 9\nmemory: 6\n', {}, ['the engine asks for 9 millicores, and docker needs at least 10: ask for more']],
    ['a limit of all that the host has', 'cpu: 10\nmemory: 6\ncpu_limit: 4000\n', {}, []],
    [
      'a limit beyond it',
      'cpu: 10\nmemory: 6\ncpu_limit: 4001\n',
      {},
      ["engine has a cpu_limit of 4001 millicores, the daemon's host has 4000: set a smaller one, or none"],
    ],
    ['its own architecture', 'cpu: 10\nmemory: 6\narch: arm64\n', { Architecture: 'aarch64' }, []],
    ['another architecture', 'cpu: 10\nmemory: 6\narch: arm64\n', {}, ['the spec asks for arm64, the daemon runs on amd64']],
    [
      'an architecture of no use',
      'cpu: 10\nmemory: 6\n',
      { Architecture: 'riscv64' },
      ['the daemon runs on an architecture that is neither amd64 nor arm64'],
    ],
  ])('%s', (_, text, more, reasons) => {
    const offer = ask(text, more);
    expect([offer.accepted, offer.reasons]).toEqual([reasons.length === 0, reasons]);
  });

  const bound = (bind: string) => `cpu: 10\nmemory: 6\naccess: {bind: "${bind}"}\n`;

  test('a wildcard is reached by its own family, and its loopback first', () => {
    const v4 = ask(bound('0.0.0.0')).facts.addresses;
    const v6 = ask(bound('::')).facts.addresses;
    expect([v4[0], v6[0]]).toEqual(['127.0.0.1', '::1']);
    expect(v4.filter((address) => address.includes(':'))).toEqual([]);
    expect(v6.filter((address) => !address.includes(':'))).toEqual([]);
  });

  test('an address is itself; a remote daemon’s wildcard is its host', () => {
    expect(ask(bound('192.0.2.1')).facts.addresses).toEqual(['192.0.2.1']);
    expect(ask(bound('0.0.0.0'), {}, remote).facts.addresses).toEqual(['docker.example.com']);
  });

  test('the loopback of another machine is warned of', () => {
    expect(ask(bound('127.0.0.1'), {}, remote).warnings).toEqual([
      "the engine's port is published on 127.0.0.1 of the daemon's host, which this machine cannot reach: set access.bind",
    ]);
    expect(ask(`${bound('127.0.0.1')}ports: [{name: db, port: 5432}]\n`, {}, remote).warnings[0]).toMatch(
      /^the engine's port, port db are published on 127\.0\.0\.1/,
    );
    expect([ask(bound('127.0.0.1')).warnings, ask(bound('192.0.2.1'), {}, remote).warnings]).toEqual([[], []]);
  });
});

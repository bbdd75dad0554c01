import { symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { EngineInfo } from '../../../src/backends/docker/api-types.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { makeOffer } from '../../../src/backends/docker/offer.js';
import { offerSources } from '../../../src/backends/docker/sources.js';
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
  Driver: 'overlay2',
  DockerRootDir: '/var/lib/docker',
} as EngineInfo;
const local = parseEndpoint('unix:///nowhere/docker.sock', null, {});

function reasonsOf(mount: string, more: Partial<EngineInfo> = {}, endpoint = local): string[] {
  const text = `${base}engine: {image: alpine}\ncontainers: [{name: a, image: b, storage: 0, mounts: [{mount_point: /src, ${mount}}]}]\n`;
  const { spec } = parseSpec(text, options);
  const daemon = { info: { ...info, ...more }, endpoint, quota: true };
  const offer = makeOffer(spec, { ...daemon, keeper: null, exec: null, job: false });
  const { accepted, reasons } = offerSources(spec, offer, { ...daemon, execRoot: '/run/mayfly' });
  expect(accepted).toBe(reasons.length === 0);
  return reasons;
}

test.each<[string, string, Partial<EngineInfo>, string, string[]]>([
  ['a directory of this machine', 'source: /home/dev/app', {}, local.url, []],
  ['copy-on-write, where the daemon has overlays', 'source: /app, copy_on_write: true', {}, local.url, []],
  [
    'a daemon of another machine',
    'source: /app',
    {},
    'tcp://docker.example.com:2375',
    ['/app is on this machine, and the daemon runs on docker.example.com: use a daemon of this machine, or `copy` in its place'],
  ],
  [
    'a daemon in a virtual machine',
    'source: /app',
    { Name: 'desktop-vm' },
    local.url,
    ['/app is on this machine, and the daemon runs on desktop-vm: use a daemon of this machine, or `copy` in its place'],
  ],
  [
    'the socket',
    'source: /nowhere/docker.sock',
    {},
    local.url,
    ['/nowhere/docker.sock would give a container the socket of the daemon: mount another directory'],
  ],
  [
    'its directory',
    'source: /nowhere',
    {},
    local.url,
    ['/nowhere would give a container the socket of the daemon: mount another directory'],
  ],
  [
    'the volumes of others',
    'source: /var/lib/docker/volumes',
    {},
    local.url,
    ['/var/lib/docker/volumes would give a container the data of the daemon: mount another directory'],
  ],
  [
    'the sockets of other workers',
    'source: /run/mayfly/d/other',
    {},
    local.url,
    ["/run/mayfly/d/other would give a container the sockets of mayfly's workers: mount another directory"],
  ],
  ['a name that only begins like one', 'source: /nowhere-else', {}, local.url, []],
  [
    'copy-on-write without overlays',
    'source: /app, copy_on_write: true',
    { Driver: 'vfs' },
    local.url,
    ['copy_on_write needs a daemon with the storage driver overlay2, and this one has vfs: mount /app without copy_on_write'],
  ],
  [
    'copy-on-write without root',
    'source: /app, copy_on_write: true',
    { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] },
    local.url,
    ['copy_on_write needs a daemon that runs as root: mount /app without copy_on_write'],
  ],
])('%s', (_, mount, more, url, reasons) => {
  expect(reasonsOf(mount, more, parseEndpoint(url, null, {}))).toEqual(reasons);
});

test('the socket is found behind a link', async () => {
  const directory = await tempDir('sources');
  await symlink('/nowhere-else', `${directory}/run`);
  expect(reasonsOf(`source: ${directory}`, {}, parseEndpoint(`unix://${directory}/docker.sock`, null, {}))).toHaveLength(1);
});

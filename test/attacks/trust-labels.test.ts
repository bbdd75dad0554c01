import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { findEndpoint } from '../../src/backends/docker/endpoint.js';
import { dockerBackend } from '../../src/backends/docker/index.js';
import { systemClock } from '../../src/clock.js';
import { dueReason, deadlineOf, latestEnd } from '../../src/lease/deadline.js';
import { watch, type Workers } from '../../src/lease/watch.js';
import { sweep } from '../../src/lease/sweep.js';
import { Troubles } from '../../src/lease/troubles.js';
import { engineName } from '../../src/spec/worker-spec.js';
import { StateLayout } from '../../src/state/layout.js';
import { quietContext } from '../contract/context.js';
import { baseSpec, labelsOf, wantedOf } from '../backends/docker/subjects.js';
import { api, dockerAvailable, images, must, removeObject } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';
import { attacks } from './attacks.js';
import { removeWhole } from '../support/whole.js';
import { dockerFacts } from '../../src/backends/docker/names.js';

const boundary = 'labels are parsed in one place';
const ownName = 'ours only under the name made of its labels';
const cap = 'the cap that a worker was born with';
const blank = 'our create call sets every deciding label';
const looked = 'a volume is looked at before it goes';

const forever = ['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"];
const worker = 'dev.mayfly.worker';
const lifetime = 'dev.mayfly.lifetime';
const address = 'dev.mayfly.address';
const engine = { [lifetime]: '60', [address]: 'docker_container.engine' };

/** An image with these labels. Removed after the test. */
async function imageWith(labels: Record<string, string>, container?: string): Promise<string> {
  const from = container ?? (await must<{ Id: string }>('POST', '/containers/create', { Image: images.busybox, Cmd: forever })).Id;
  const tag = `mayfly-attack:${uniqueName()}`;
  const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`);
  const query = new URLSearchParams({ container: from, repo: 'mayfly-attack', tag: tag.split(':')[1]! });
  for (const change of changes) query.append('changes', change);
  await must('POST', `/commit?${query.toString()}`, {});
  if (!container) await removeObject({ kind: 'container', id: from });
  afterTest(() => api('DELETE', `/images/${tag}?force=1`));
  return tag;
}

/** A stranger starts a container of an image, under a name of his own or Docker's. */
async function start(image: string, more: { name?: string; labels?: Record<string, string>; hostConfig?: object } = {}): Promise<string> {
  const body = { Image: image, Cmd: forever, Labels: more.labels ?? {}, HostConfig: { NetworkMode: 'none', ...more.hostConfig } };
  const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=${more.name ?? uniqueName('stranger')}`, body);
  afterTest(() => removeObject({ kind: 'container', id: Id }));
  await must('POST', `/containers/${Id}/start`);
  return Id;
}

async function volume(name: string, labels: Record<string, string>): Promise<string> {
  await must('POST', '/volumes/create', { Name: name, Labels: labels });
  afterTest(() => removeObject({ kind: 'volume', id: name }));
  return name;
}

const isRunning = async (id: string) => (await api<{ State?: { Running: boolean } }>('GET', `/containers/${id}/json`)).body.State?.Running;
const isThere = async (name: string) => (await api('GET', `/volumes/${name}`)).status === 200;

/** The backend, on a daemon that shows the objects of these workers alone. */
async function open(workers: readonly string[]): Promise<Backend> {
  const proxy = await startDockerProxy({ shows: (one) => workers.includes(one) });
  const backend = dockerBackend({ endpoint: findEndpoint({ DOCKER_HOST: proxy.host }), clock: systemClock, execRoot: '/run/mayfly-none' });
  afterTest(async () => {
    backend.close();
    await proxy.close();
  });
  return backend;
}

/** A worker's engine as the applier makes it. */
async function engineOf(backend: Backend, name: string, image = images.busybox as string): Promise<string> {
  const driver = backend.drivers['docker_container']!;
  const wanted = wantedOf(backend, 'docker_container', name, engineName, {
    image,
    network_mode: 'none',
    command: forever,
    healthcheck: [],
    host: [],
  });
  const { id } = await driver.create('docker_container.engine', wanted, quietContext());
  afterTest(() => removeObject({ kind: 'container', id }));
  await driver.start!(id, wanted, quietContext());
  return id;
}

/** A state directory two levels below a file that is not ours. */
async function call() {
  const above = await tempDir('above');
  const layout = new StateLayout(join(above, 'home', 'state'), systemClock);
  mkdirSync(join(layout.root, 'workers', 'docker', 'bystander'), { recursive: true, mode: 0o700 });
  const precious = [join(above, 'precious'), join(layout.root, 'workers', 'docker', 'bystander', 'terraform.tfstate')];
  for (const file of precious) writeFileSync(file, 'mine', { mode: 0o600 });
  return { layout, remaining: () => precious.map((file) => existsSync(file)) };
}

/** What `gc` and a keeper do about them: nothing. */
async function untouched(names: readonly string[], ids: readonly string[]): Promise<void> {
  const [backend, { layout, remaining }] = [await open(names), await call()];
  expect(await backend.list()).toEqual([]);
  expect((await Promise.all(names.map((name) => backend.list(name)))).flat()).toEqual([]);
  expect(await sweep({ backend, layout, clock: systemClock, dryRun: false, lockTimeout: 0 })).toMatchObject({ workers: [] });
  expect(await workersSeen(backend, layout)).toBe(0);
  expect(remaining()).toEqual([true, true]);
  for (const id of ids) expect(await isRunning(id)).toBe(true);
}

/** The number of workers that keep a keeper alive, as its first look counts them. */
async function workersSeen(backend: Backend, layout: StateLayout): Promise<number> {
  const stop = new AbortController();
  const log = { info: () => {}, warn: () => {} };
  const troubles = new Troubles(log, systemClock);
  return new Promise((resolve, reject) => {
    const onLook = (workers: Workers) => {
      stop.abort();
      resolve(workers.size);
    };
    void watch({
      backend,
      layout,
      clock: systemClock,
      log,
      troubles,
      ownKeeperFirst: false,
      signal: stop.signal,
      onLook,
      onSilent: reject,
    });
  });
}

attacks(
  'trust',
  {
    'names that lead out of the state directory': {
      mechanism: boundary,
      does: 'an image is labelled with the worker ../../../.., none, capitals, a new line or an escape sequence',
      right: 'nothing of it is listed, counted, stopped or removed, and no file goes',
      async check() {
        const names = ['../../../..', '', '..', 'A', 'a\n', '\u001b[2J', 'a/b', 'x'.repeat(32)];
        const labels = (name: string) => ({ ...engine, [worker]: name, [lifetime]: '1' });
        // Docker gives a container the labels of its image; the others stand for that.
        const ofImages = names.slice(0, 2).map(async (name) => start(await imageWith(labels(name))));
        const others = names.slice(2).map((name) => start(images.busybox, { labels: labels(name) }));
        const ids = await Promise.all([...ofImages, ...others]);
        await untouched(names, ids);
      },
    },
    'numbers and addresses': {
      mechanism: boundary,
      does: 'labels give a lifetime of 23 digits, of nothing, below one, no lifetime, or an address that is none',
      right: 'none of them is an object of ours, under whatever name: a keeper does not stay for it',
      async check() {
        const wrong = [
          { ...engine, [lifetime]: '9'.repeat(23) },
          { ...engine, [lifetime]: '' },
          { ...engine, [lifetime]: '0' },
          { ...engine, [lifetime]: '1e3' },
          { [address]: 'docker_container.engine' },
          { [lifetime]: '60' },
          { ...engine, [address]: 'docker_volume.engine' },
          { ...engine, [address]: 'docker_container.../engine' },
        ];
        const names = wrong.map(() => uniqueName('num'));
        const made = wrong.map((labels, index) => {
          const name = names[index]!;
          return start(images.busybox, { name: `mayfly-${name}.engine`, labels: { ...labels, [worker]: name } });
        });
        await untouched(names, await Promise.all(made));
      },
    },
    'an image made of an engine': {
      mechanism: ownName,
      does: 'docker commit of a running engine; a stranger runs it, and it ends',
      right: 'the worker has one engine, and lives; the stranger goes on when the worker ends',
      async check() {
        const name = uniqueName('twin');
        const backend = await open([name]);
        const id = await engineOf(backend, name);
        const twin = await start(await imageWith({}, id));
        const other = await start(await imageWith({}, id));
        await must('POST', `/containers/${twin}/kill`);
        const listed = await backend.list(name);
        expect(listed.map((one) => one.id)).toEqual([id]);
        expect(dueReason(listed, Date.now())).toBeNull();
        expect((await backend.report(name)).map(({ container }) => container)).toEqual(['engine']);
        expect(await backend.readiness(name, { engine: { ...baseSpec.engine!, port: null } })).toMatchObject({ ready: true, failed: null });
        await removeWhole(backend, name);
        expect([await isRunning(id), await isRunning(other)]).toEqual([undefined, true]);
      },
    },
    'a link to the engine': {
      mechanism: ownName,
      does: "a stranger's container links to the engine, which so has a second name",
      right: 'it is still ours',
      async check() {
        const name = uniqueName('link');
        const backend = await open([name]);
        const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=mayfly-${name}.engine`, {
          Image: images.busybox,
          Cmd: forever,
          Labels: labelsOf(name, 'docker_container.engine'),
        });
        afterTest(() => removeObject({ kind: 'container', id: Id }));
        await must('POST', `/containers/${Id}/start`);
        await start(images.busybox, { name: `a-${name}`, hostConfig: { NetworkMode: 'bridge', Links: [`mayfly-${name}.engine:box`] } });
        expect((await backend.list(name)).map(({ id }) => id)).toEqual([Id]);
      },
    },
    "an image's exec label": {
      mechanism: blank,
      does: 'the image of an engine without `exec` says where its socket is, and what may be stored, and that it is a keeper',
      right: 'the container has none of these labels, and no socket is served for it',
      async check() {
        const name = uniqueName('exec');
        const backend = await open([name]);
        const place = `/run/mayfly-none/0123456789ab/${name}`;
        const image = await imageWith({ 'dev.mayfly.exec': place, 'dev.mayfly.storage': '1', 'dev.mayfly.keeper': '9' });
        const id = await engineOf(backend, name, image);
        const { Config } = await must<{ Config: { Labels: Record<string, string> } }>('GET', `/containers/${id}/json`);
        expect(['exec', 'storage', 'keeper'].map((key) => Config.Labels[`dev.mayfly.${key}`])).toEqual(['', '', '']);
        const [own] = await backend.list(name);
        expect(own?.labels).toEqual({ worker: name, address: 'docker_container.engine', lifetime: 3600 });
        expect(backend.engineSockets!.placeOf([own!])).toBeNull();
      },
    },
    'an exec label through the terraform applier': {
      mechanism: 'the exec label counts with its mount alone',
      does: 'the label of an image where the create call sets only what the stack says; also with the place of another worker, and a volume mounted elsewhere',
      right: 'no place, unless the engine has that very one mounted where it looks',
      async check() {
        const name = uniqueName('mount');
        const backend = await open([name]);
        const root = await tempDir('exec');
        const work = await volume(`mayfly-${name}.engine_exec`, labelsOf(name, 'docker_volume.engine_exec'));
        const at = async (place: string, binds: string[]) => {
          const labels = { ...labelsOf(name, 'docker_container.engine'), 'dev.mayfly.exec': place };
          const id = await start(images.busybox, { name: `mayfly-${name}.engine`, labels, hostConfig: { Binds: binds } });
          const found = backend.engineSockets!.placeOf(await backend.list(name));
          await removeObject({ kind: 'container', id });
          return found;
        };
        expect(await at(`${root}/${name}`, [])).toBeNull();
        expect(await at(`${root}/other`, [`${root}/other:/run/mayfly:ro`])).toBeNull();
        expect(await at(work, [`${work}:/media/work`])).toBeNull();
        expect(await at(`${root}/${name}`, [`${root}/${name}:/run/mayfly:ro`])).toBe(`${root}/${name}`);
        expect(await at(work, [`${work}:/run/mayfly:ro`])).toBe(work);
      },
    },
    'the place of a living engine': {
      mechanism: 'a living engine keeps its place',
      does: 'a worker of an older version has its socket where none would be made today',
      right: 'the offer names that place, and no change is planned',
      async check() {
        const name = uniqueName('kept');
        const backend = await open([name]);
        const root = await tempDir('exec');
        const labels = { ...labelsOf(name, 'docker_container.engine'), 'dev.mayfly.exec': `${root}/0123456789ab/${name}` };
        const binds = [`${root}/0123456789ab/${name}:/run/mayfly:ro`];
        await start(images.busybox, { name: `mayfly-${name}.engine`, labels, hostConfig: { Binds: binds } });
        const spec = { ...baseSpec, name, engine: { ...baseSpec.engine!, exec: true } };
        expect(dockerFacts(await backend.offer(spec)).exec).toBe(`${root}/0123456789ab`);
        const anew = dockerFacts(await backend.offer({ ...spec, name: `${name}-b` })).exec;
        const { Name } = await must<{ Name: string }>('GET', '/info');
        if (Name === hostname()) expect(anew).toMatch(/^\/run\/mayfly-none\/[0-9a-f]{12}$/);
      },
    },
    'a keeper of any name': {
      mechanism: 'the keeper’s label counts on mayfly-keeper alone',
      does: "an image has the resident keeper's label, and runs",
      right: 'no layer is armed by it',
      async check() {
        const backend = await open([]);
        const id = await start(await imageWith({ 'dev.mayfly.keeper': '0.1.0' }));
        expect(await isRunning(id)).toBe(true);
        expect(await backend.residents!.find()).toBeNull();
        expect((await backend.offer(baseSpec)).keeper).toBeNull();
      },
    },
    'a lease of a huge number, or of a far end': {
      mechanism: cap,
      does: 'a stranger makes volumes …-lease-<23 digits>, …-lease-1000000, …-lease-07, and one with an end in the year 9999',
      right: 'only the last is a lease; it ends the worker at its cap, and the next extension is above it',
      async check() {
        const name = uniqueName('lease');
        const backend = await open([name]);
        const labels = { ...labelsOf(name, 'docker_container.engine'), [lifetime]: '60', 'dev.mayfly.max_lifetime': '600' };
        await start(images.busybox, { name: `mayfly-${name}.engine`, labels });
        const far = { [worker]: name, 'dev.mayfly.ends': '253402300799' };
        for (const number of ['1'.repeat(23), '1000000', '07', '-1', '0'])
          await volume(`mayfly-${name}-lease-${number}`, { ...far, 'dev.mayfly.ends': '2000000000' });
        await volume(`mayfly-${name}x-lease-3`, far);
        expect((await backend.list(name)).map(({ type }) => type)).toEqual(['docker_container']);
        await volume(`mayfly-${name}-lease-3`, { ...far, 'dev.mayfly.ends': '9'.repeat(23) });
        expect((await backend.list(name)).map(({ type }) => type)).toEqual(['docker_container']);
        await volume(`mayfly-${name}-lease-41`, far);
        const objects = await backend.list(name);
        const born = objects.find(({ type }) => type === 'docker_container')!.createdAt;
        expect(deadlineOf(objects)).toEqual({ endsAt: born + 600_000, from: 'lease' });
        expect(latestEnd(objects)).toBe(born + 600_000);
        const ends = Math.floor(born / 1000) + 120;
        await backend.writeLease(name, { lifetime: 60, maxDuration: 60 }, ends);
        const lease = (await backend.list(name)).filter((one) => one.lease);
        expect(lease.map((one) => [one.name, one.lease])).toEqual([[`mayfly-${name}-lease-42`, { number: 42, ends, maxDuration: 60 }]]);
        await removeWhole(backend, name);
        expect(await backend.list(name)).toEqual([]);
      },
    },
    'the last number of a lease': {
      mechanism: cap,
      does: 'a stranger makes the lease 999999',
      right: 'the extension is refused with the name of that volume, and the worker still ends in time',
      async check() {
        const name = uniqueName('last');
        const backend = await open([name]);
        const last = await volume(`mayfly-${name}-lease-999999`, { [worker]: name, 'dev.mayfly.ends': '2000000000' });
        await expect(backend.writeLease(name, {}, 2_000_000_100)).rejects.toMatchObject({
          code: 'lease_refused',
          remedy: `remove it (docker volume rm ${last}), then run the same command again`,
        });
        await removeWhole(backend, name);
        expect(await isThere(last)).toBe(false);
      },
    },
    'a volume that changed hands': {
      mechanism: looked,
      does: "between the look and the removal the worker's volume goes, and a stranger or another life takes its name",
      right: 'what has the name now stays',
      async check() {
        const name = uniqueName('swap');
        const backend = await open([name]);
        const [work, lease] = [`mayfly-${name}.work`, `mayfly-${name}-lease-1`];
        await volume(work, labelsOf(name, 'docker_volume.work'));
        await volume(lease, { [worker]: name, 'dev.mayfly.ends': '2000000000' });
        const known = (await backend.list(name)).map((one) => ({ ...one, createdAt: one.createdAt - (one.lease ? 5000 : 0) }));
        await removeObject({ kind: 'volume', id: work });
        await volume(work, {});
        await removeWhole(backend, name, known);
        // The lease is of another life: it is younger than the one that was seen.
        expect([await isThere(work), await isThere(lease)]).toEqual([true, true]);
        const driver = backend.drivers['docker_volume']!;
        const wanted = wantedOf(backend, 'docker_volume', name, 'work', { driver_opts: null });
        await expect(driver.delete(work, wanted, quietContext())).rejects.toMatchObject({ code: 'foreign_object' });
        expect(await isThere(work)).toBe(true);
      },
    },
    'the unlabelled volume of a name': {
      mechanism: 'an object under our name is compared before it is used',
      does: 'there is a volume without labels under the name that a worker needs, or one of another address',
      right: 'it is refused with whose it may be, and stays',
      async check() {
        const name = uniqueName('bare');
        const backend = await open([name]);
        const driver = backend.drivers['docker_volume']!;
        const wanted = wantedOf(backend, 'docker_volume', name, 'work', { driver_opts: null });
        const work = await volume(`mayfly-${name}.work`, {});
        const made = driver.create('docker_volume.work', wanted, quietContext());
        await expect(made).rejects.toMatchObject({
          code: 'foreign_object',
          message: expect.stringContaining('Docker creates a volume again, without labels') as string,
          remedy: expect.stringContaining(`docker volume rm mayfly-${name}.work`) as string,
        });
        expect(await isThere(work)).toBe(true);
        await removeObject({ kind: 'volume', id: work });
        await volume(work, labelsOf(name, 'docker_volume.other'));
        await expect(driver.create('docker_volume.work', wanted, quietContext())).rejects.toMatchObject({ code: 'foreign_object' });
      },
    },
    'the words of a foreign object': {
      mechanism: boundary,
      does: 'a container under our name says that its worker is an escape sequence',
      right: 'the refusal repeats nothing of it',
      async check() {
        const name = uniqueName('words');
        const backend = await open([name]);
        await start(images.busybox, { name: `mayfly-${name}.engine`, labels: { ...engine, [worker]: '\u001b[31mroot' } });
        const driver = backend.drivers['docker_container']!;
        const wanted = wantedOf(backend, 'docker_container', name, engineName);
        const refused = await driver.create('docker_container.engine', wanted, quietContext()).catch((error: Error) => error);
        expect(refused).toMatchObject({ code: 'foreign_object', message: expect.stringContaining('was not made by mayfly') as string });
        expect(JSON.stringify(refused)).not.toContain('root');
      },
    },
  },
  { unless: !dockerAvailable(), timeoutMs: 60_000 },
);

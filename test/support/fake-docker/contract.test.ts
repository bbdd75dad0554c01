import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { allObjects, api, dockerAvailable, dockerSocket, images, must, removeObject, seedLookalikes } from '../docker.js';
import { afterTest, uniqueName } from '../temp-dir.js';
import { startFakeDocker } from './index.js';

/** The fake answers as the real daemon does: each test runs against both. */
const daemons: [name: string, socket: () => Promise<string>][] = [
  ['fake', async () => (await startFakeDocker({ images: Object.values(images) })).socketPath],
];
if (dockerAvailable()) daemons.push(['real', async () => dockerSocket()]);

interface Inspected {
  Id: string;
  State: { Status: string; ExitCode: number; Pid: number; StartedAt: string };
  Config: { Hostname: string; Labels: Record<string, string>; Env: string[]; Cmd: string[] };
  HostConfig: { Memory: number; MemorySwap: number; NetworkMode: string };
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null>; Networks: Record<string, unknown> };
  Mounts: { Type: string; Name: string; Destination: string }[];
}

describe.each(daemons)('%s daemon', (_, socketOf) => {
  async function setup() {
    const socket = await socketOf();
    const call = <T>(method: string, path: string, body?: unknown) => api<T>(method, path, body, socket);
    const create = async (body: object = {}, name = uniqueName('contract')) => {
      const { Id } = await must<{ Id: string }>(
        'POST',
        `/containers/create?name=${name}`,
        { Image: images.busybox, Cmd: ['sleep', '1000'], HostConfig: { Init: true }, ...body },
        socket,
      );
      afterTest(() => removeObject({ kind: 'container', id: Id }, socket));
      return { id: Id, name };
    };
    const inspect = async (id: string) => (await call<Inspected>('GET', `/containers/${id}/json`)).body;
    return { socket, call, create, inspect };
  }

  test('a container from created to gone', async () => {
    const { call, create, inspect } = await setup();
    const { id, name } = await create({
      Labels: { a: 'b' },
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { Init: true, Memory: 32 * 2 ** 20, PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    });
    expect(await inspect(id)).toMatchObject({
      Name: `/${name}`,
      Path: 'sleep',
      Args: ['1000'],
      Config: { Labels: { a: 'b' }, Hostname: id.slice(0, 12) },
      HostConfig: { Memory: 32 * 2 ** 20, MemorySwap: 64 * 2 ** 20, NetworkMode: 'default' },
      State: { Status: 'created', Running: false, Pid: 0, StartedAt: '0001-01-01T00:00:00Z' },
      NetworkSettings: { Ports: {} },
    });
    expect((await call('POST', `/containers/${id}/start`)).status).toBe(204);
    expect((await call('POST', `/containers/${id}/start`)).status).toBe(304);
    const running = await inspect(name);
    expect(running.State).toMatchObject({ Status: 'running', Running: true, Pid: expect.any(Number) });
    expect(running.NetworkSettings.Ports).toEqual({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: expect.stringMatching(/^\d+$/) }] });
    expect((await call('DELETE', `/containers/${id}`)).status).toBe(409);
    expect((await call('POST', `/containers/${id}/update`, { Memory: 48 * 2 ** 20, MemorySwap: 48 * 2 ** 20 })).status).toBe(200);
    expect((await inspect(id)).HostConfig).toMatchObject({ Memory: 48 * 2 ** 20, MemorySwap: 48 * 2 ** 20 });
    expect((await call('POST', `/containers/${id}/kill?signal=SIGKILL`)).status).toBe(204);
    expect((await call('POST', `/containers/${id}/wait`)).body).toMatchObject({ StatusCode: 137 });
    expect((await call('POST', `/containers/${id}/kill`)).status).toBe(409);
    expect((await call('POST', `/containers/${id}/stop`)).status).toBe(304);
    expect((await inspect(id)).State).toMatchObject({ Status: 'exited', ExitCode: 137 });
    expect((await call('DELETE', `/containers/${id}?v=1`)).status).toBe(204);
    expect(await call('GET', `/containers/${id}/json`)).toEqual({ status: 404, body: { message: `No such container: ${id}` } });
  });

  test('one that joins another starts only after it', async () => {
    const { call, create, inspect } = await setup();
    const engine = await create();
    const joined = await create({ HostConfig: { Init: true, NetworkMode: `container:${engine.name}` } });
    expect(await call('POST', `/containers/${joined.id}/start`)).toEqual({
      status: 409,
      body: { message: `cannot join network of a non running container: ${engine.id}` },
    });
    await call('POST', `/containers/${engine.id}/start`);
    expect((await call('POST', `/containers/${joined.id}/start`)).status).toBe(204);
    const { HostConfig, Config, NetworkSettings } = await inspect(joined.id);
    expect([HostConfig.NetworkMode, Config.Hostname, NetworkSettings.Networks]).toEqual([
      `container:${engine.id}`,
      engine.id.slice(0, 12),
      {},
    ]);
  });

  test('refusals', async () => {
    const { call, create } = await setup();
    const { id, name } = await create();
    const conflict = `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;
    expect(await call('POST', `/containers/create?name=${name}`, { Image: images.busybox })).toEqual({
      status: 409,
      body: { message: conflict },
    });
    expect(await call('POST', '/containers/create', { Image: 'mayfly-test/none:1' })).toEqual({
      status: 404,
      body: { message: 'No such image: mayfly-test/none:1' },
    });
    expect((await call('POST', '/containers/create', { Image: images.busybox, HostConfig: { NanoCpus: 1e13 } })).status).toBe(400);
    expect(await call('DELETE', '/volumes/mayfly-none')).toEqual({ status: 404, body: { message: 'get mayfly-none: no such volume' } });
    expect((await call('DELETE', '/networks/mayfly-none')).status).toBe(404);
    expect((await call('GET', '/images/mayfly-test/none:1/json')).status).toBe(404);
    expect((await call('POST', `/containers/${id}/exec`, { Cmd: ['true'] })).status).toBe(409);
    const lost = await create({ HostConfig: { NetworkMode: 'mayfly-no-such-network' } });
    expect(await call('POST', `/containers/${lost.id}/start`)).toEqual({
      status: 404,
      body: { message: 'network mayfly-no-such-network not found' },
    });
  });

  test('volumes: made once, held by who uses them', async () => {
    const { socket, call, create, inspect } = await setup();
    const name = uniqueName('contract');
    const made = await call('POST', '/volumes/create', { Name: name, Labels: { a: 'b' } });
    expect(made).toMatchObject({ status: 201, body: { Name: name, Labels: { a: 'b' }, Driver: 'local', Options: null, Scope: 'local' } });
    expect((await call('POST', '/volumes/create', { Name: name, Labels: { a: 'c' } })).body).toEqual(made.body);
    const { id } = await create({ HostConfig: { Binds: [`${name}:/media/work:rw`] }, Volumes: { '/data': {} } });
    const { Mounts } = await inspect(id);
    expect(Mounts.map((m) => [m.Type, m.Destination]).sort()).toEqual([
      ['volume', '/data'],
      ['volume', '/media/work'],
    ]);
    expect((await call('DELETE', `/volumes/${name}`)).body).toEqual({ message: `remove ${name}: volume is in use - [${id}]` });
    await call('DELETE', `/containers/${id}?v=1`);
    const left = (await allObjects(socket)).map((o) => o.name);
    expect(Mounts.map((m) => left.includes(m.Name))).toEqual(Mounts.map((m) => m.Name === name));
    expect((await call('DELETE', `/volumes/${name}`)).status).toBe(204);
  });

  test('networks: one of a name when asked so, kept while somebody is in it', async () => {
    const { socket, call, create, inspect } = await setup();
    const name = uniqueName('contract');
    const wanted = { Name: name, CheckDuplicate: true, Labels: { a: name }, Options: { 'com.docker.network.bridge.enable_icc': 'false' } };
    const { status, body } = await call<{ Id: string }>('POST', '/networks/create', wanted);
    afterTest(() => removeObject({ kind: 'network', id: body.Id }, socket));
    expect(status).toBe(201);
    expect((await call('POST', '/networks/create', wanted)).status).toBe(409);
    const { id } = await create({ HostConfig: { Init: true, NetworkMode: name } });
    await call('POST', `/containers/${id}/start`);
    expect(Object.keys((await inspect(id)).NetworkSettings.Networks)).toEqual([name]);
    expect((await call<{ Containers: object }>('GET', `/networks/${name}`)).body.Containers).toHaveProperty(id);
    expect((await call('DELETE', `/networks/${body.Id}`)).status).toBe(403);
    await call('DELETE', `/containers/${id}?force=1`);
    expect((await call('DELETE', `/networks/${name}`)).status).toBe(204);
  });

  test('lists by label', async () => {
    const { call, create } = await setup();
    const [mine, other] = [uniqueName(), uniqueName()];
    const { id } = await create({ Labels: { worker: mine } });
    await create({ Labels: { worker: other } });
    const listed = async (query: string) =>
      (await call<{ Id: string; Labels: object; State: string }[]>('GET', `/containers/json?${query}`)).body;
    const filter = (label: string) => `filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`;
    expect(await listed(filter(`worker=${mine}`))).toEqual([]);
    expect((await listed(`all=1&${filter(`worker=${mine}`)}`)).map((c) => [c.Id, c.State])).toEqual([[id, 'created']]);
    expect((await listed(`all=1&${filter('worker')}`)).length).toBeGreaterThan(1);
  });

  test('lookalikes are seeded, watched and removed', async () => {
    const { socket, call } = await setup();
    const lookalikes = await seedLookalikes(uniqueName(), socket);
    expect(await lookalikes.touched()).toEqual([]);
    const [container, volume] = lookalikes.objects;
    await call('POST', `/containers/${container?.id}/kill`);
    await call('DELETE', `/volumes/${volume?.id}`);
    expect(await lookalikes.touched()).toEqual([`container ${container?.name}`, `volume ${volume?.name}`]);
    await lookalikes.remove();
    const left = (await allObjects(socket)).map((o) => o.id);
    expect(lookalikes.objects.filter((o) => left.includes(o.id))).toEqual([]);
  });

  test('logs in frames', async () => {
    const socket = await socketOf();
    const behave = () => ({ logs: ['out'], exitCode: 0 });
    const target = socket === dockerSocket() ? socket : (await startFakeDocker({ images: [images.busybox], behave })).socketPath;
    const { Id } = await must<{ Id: string }>(
      'POST',
      `/containers/create?name=${uniqueName()}`,
      { Image: images.busybox, Cmd: ['echo', 'out'] },
      target,
    );
    afterTest(() => removeObject({ kind: 'container', id: Id }, target));
    await must('POST', `/containers/${Id}/start`, undefined, target);
    await must('POST', `/containers/${Id}/wait`, undefined, target);
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      request({ socketPath: target, path: `/v1.41/containers/${Id}/logs?stdout=1&stderr=1&follow=1` }, (res) => {
        res.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', () => resolve(Buffer.concat(chunks)));
      })
        .once('error', reject)
        .end();
    });
    expect(bytes).toEqual(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 4]), Buffer.from('out\n')]));
  });
});

test.skipIf(!dockerAvailable())('an inspected container has the same keys', async () => {
  const keys: string[][] = [];
  for (const [, socketOf] of daemons) {
    const socket = await socketOf();
    const { Id } = await must<{ Id: string }>(
      'POST',
      `/containers/create?name=${uniqueName()}`,
      { Image: images.busybox, Cmd: ['sleep', '1000'], HostConfig: { Init: true } },
      socket,
    );
    afterTest(() => removeObject({ kind: 'container', id: Id }, socket));
    await must('POST', `/containers/${Id}/start`, undefined, socket);
    keys.push(keysOf(await must<object>('GET', `/containers/${Id}/json`, undefined, socket)));
  }
  expect(keys[0]).toEqual(keys[1]);
});

/** Two levels are compared: what is below depends on the machine. */
function keysOf(value: object): string[] {
  return Object.entries(value)
    .flatMap(([key, inner]) => [
      key,
      ...(inner !== null && typeof inner === 'object' && !Array.isArray(inner) && !['GraphDriver', 'Networks'].includes(key)
        ? Object.keys(inner).map((k) => `${key}.${k}`)
        : []),
    ])
    .sort();
}

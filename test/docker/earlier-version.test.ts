import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keeperOf } from '../cli/scene.js';
import { api, dockerAvailable, images } from '../support/docker.js';
import { earlierBundle, hasEarlierCommit } from '../support/earlier-version.js';
import { until } from '../support/poll.js';
import { isAlive } from '../support/processes.js';
import { container, inspectOf, jsonLines, leftOf, noChanges, planOf, serve, small, wait, worker } from './support.js';

interface Shown {
  worker: { status: string; ends: { endsAt: string; from: string } };
  armed: { layer: string; detail: string }[];
}

/** A worker with one of everything. */
const spec = {
  ...small,
  storage: 300,
  volumes: [{ name: 'work', storage: 50 }],
  engine: { image: images.busybox, command: serve, port: 8080, exec: true, env: { A: 'b' } },
  containers: [container('build', { command: wait(), env: { C: 'd' }, mounts: [{ name: 'work', mount_point: '/work' }] })],
  service_containers: [container('db', { command: wait(), healthcheck: { command: ['CMD', 'true'], interval: 1 } })],
};

const ping = (socket: string) =>
  api<string>('GET', '/_ping', undefined, socket).then(
    ({ body }) => body,
    () => null,
  );

describe.skipIf(!dockerAvailable() || !hasEarlierCommit())('a living worker of an earlier version', () => {
  test('is one of this version: list, show, extend, destroy; only its limits of cpu become shares; its keeper is replaced and its list kept', async () => {
    const one = await worker(spec);
    await one.must(['apply', 'SPEC', '--auto-approve'], { bundle: await earlierBundle() });
    const place = (await inspectOf(one.name, 'engine')).Config.Labels['dev.mayfly.exec']!;
    // As the earlier version makes it, where no worker of this one was before.
    await chmod(dirname(place), 0o755);
    const before = keeperOf(one.machine)!;
    expect(isAlive(before)).toBe(true);
    const show = async () => (jsonLines((await one.must(['show', 'NAME', '--json'])).stdout) as unknown as Shown[])[0]!;

    expect(await planOf(one)).toEqual({
      code: 2,
      changes: ['replace docker_container.engine', 'replace docker_container.build', 'replace docker_container.db'],
      attributes: {
        'docker_container.engine': ['cpu_shares', 'cpus'],
        'docker_container.build': ['cpu_shares', 'cpus', 'network_mode'],
        'docker_container.db': ['cpu_shares', 'cpus', 'network_mode'],
      },
      drift: [],
    });
    expect((await one.must(['list'])).stdout).toContain(one.name);
    const shown = await show();
    expect(shown).toMatchObject({ worker: { status: 'ready' }, armed: [{ layer: 'keeper', detail: `pid ${before} on this machine` }] });
    await one.must(['extend', 'NAME', '60s']);
    expect(Date.parse((await show()).worker.ends.endsAt) - Date.parse(shown.worker.ends.endsAt)).toBe(60_000);

    // Only a command that needs a keeper replaces one: running commands of engines break off then.
    expect(keeperOf(one.machine)).toBe(before);
    await one.must(['apply', 'SPEC', '--auto-approve']);
    expect(await planOf(one)).toEqual(noChanges);
    await until('the keeper of the earlier version has ended', () => !isAlive(before));
    const after = keeperOf(one.machine)!;
    expect(isAlive(after)).toBe(true);
    expect((await show()).armed).toMatchObject([{ layer: 'keeper', detail: `pid ${after} on this machine` }]);
    expect(JSON.parse(readFileSync(join(one.machine.stateDir, 'keeper-watch.json'), 'utf8'))).toMatchObject([{ backend: 'docker' }]);
    await until("the engine's socket is served again", async () => (await ping(join(place, 'docker.sock'))) === 'OK');

    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

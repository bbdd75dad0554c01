import { describe, expect, test } from 'vitest';
import { removeCacheVolumes, volumesOfCache } from '../support/cache-volumes.js';
import { dockerAvailable } from '../support/docker.js';
import { openDocker } from '../backends/docker/support.js';
import { machine } from '../support/run-cli.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { container, noChanges, planOf, type SpecFile, small, wait, worker } from './support.js';

/** A worker with a cache of its own name on the shared daemon. The cache is removed after the test. */
function cached(more: object = {}, box: object = {}): SpecFile {
  const name = uniqueName('c');
  afterTest(() => removeCacheVolumes(name));
  return {
    ...small,
    containers: [container('build', { command: wait(), ...box })],
    caches: [{ name, to: '/var/cache/own', in: 'build', size: 20, keep: '1h', ...more }],
  };
}

const nameOf = ({ caches }: SpecFile) => (caches as [{ name: string }])[0].name;

describe.skipIf(!dockerAvailable())('a cache on real Docker', () => {
  test('outlives its worker, a second worker writes it, and `cache rm` removes it', async () => {
    const spec = cached();
    const name = nameOf(spec);
    const one = await worker(spec);
    await one.apply();
    await one.must(['exec', 'NAME', 'build', '--', 'sh', '-c', 'echo kept > /var/cache/own/file']);
    expect(await planOf(one)).toEqual(noChanges);
    // Another machine adopts the worker by its labels.
    expect((await planOf(one, { machine: await machine() })).changes).toEqual([]);
    expect((await one.cli(['cache', 'rm', name])).stderr).toContain(`the worker ${one.name} uses it`);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await volumesOfCache(name)).toEqual([`mayfly_cache.${name}`, `mayfly_cache.${name}.2`]);
    const { stdout } = await one.must(['cache', 'list', '--json', '--backend', 'docker']);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name, backend: 'docker', size_mb: 20, in_use_by: null }));
    const two = await worker(spec);
    await two.apply();
    expect((await two.must(['exec', 'NAME', 'build', '--', 'cat', '/var/cache/own/file'])).stdout).toBe('kept\n');
    await two.must(['destroy', 'NAME', '--auto-approve']);
    expect((await two.must(['cache', 'rm', name, '--backend', 'docker'])).stdout).toBe(`removed the cache ${name} on docker\n`);
    expect(await volumesOfCache(name)).toEqual([]);
  });

  test('is copied with owners and links for a worker at the same time, and the copy ends with that worker', async () => {
    const spec = cached();
    const name = nameOf(spec);
    const [one, two] = [await worker(spec), await worker(spec)];
    await one.apply();
    await one.must(['exec', 'NAME', 'build', '--', 'sh', '-c', 'cd /var/cache/own; echo 1 > file; chown 7:8 file; ln -s file link']);
    await two.apply();
    const list = ['exec', 'NAME', 'build', '--', 'sh', '-c', 'cd /var/cache/own; stat -c "%n %u:%g" file; readlink link; rm file'];
    expect((await two.must(list)).stdout).toBe('file 7:8\nfile\n');
    expect(await planOf(two)).toEqual(noChanges);
    expect(await volumesOfCache(name)).toContain(`mayfly-${two.name}_cache.${name}`);
    await two.must(['destroy', 'NAME', '--auto-approve']);
    expect(await volumesOfCache(name)).toEqual([`mayfly-${one.name}_cache.${name}`, `mayfly_cache.${name}`, `mayfly_cache.${name}.1`]);
    expect((await one.must(['exec', 'NAME', 'build', '--', 'cat', '/var/cache/own/file'])).stdout).toBe('1\n');
  });

  test('can be written by a container of another user', async () => {
    const one = await worker(cached({}, { user: '1234:1235' }));
    await one.apply();
    const { stdout } = await one.must([
      'exec',
      'NAME',
      'build',
      '--',
      'sh',
      '-c',
      'touch /var/cache/own/x && stat -c %u:%g:%a /var/cache/own /var/cache/own/x',
    ]);
    expect(stdout).toBe('0:0:1777\n1234:1235:644\n');
  });

  test('keeps a record whose number a removed record had', async () => {
    const name = uniqueName('c');
    afterTest(() => removeCacheVolumes(name));
    const caches = openDocker().caches!;
    const record = { cache: name, number: 1, holder: null, removal: false, usedAt: Date.now(), keep: 60, sizeMB: 1 };
    const first = await caches.write(record);
    await caches.removeRecord(first!);
    expect(await volumesOfCache(name)).toEqual([]);
    const second = await caches.write({ ...record, holder: 'w' });
    await caches.removeRecord(first!);
    const found = (await caches.list()).find((cache) => cache.name === name);
    expect(found?.records).toMatchObject([{ number: 1, holder: 'w', id: second!.id }]);
  });

  test('does not count in the storage of its container', async () => {
    const one = await worker(cached({ size: 30 }, { storage: 4 }));
    await one.apply();
    await one.must(['exec', 'NAME', 'build', '--', 'dd', 'if=/dev/zero', 'of=/var/cache/own/big', 'bs=1M', 'count=8']);
    const open = openDocker();
    afterTest(() => open.close());
    const used = await open.sizes!.used(one.name);
    expect(used.map(({ what }) => what).sort()).toEqual(['container build', 'engine']);
    expect(used.find(({ what }) => what === 'container build')!.usedMB).toBeLessThan(2);
  });
});

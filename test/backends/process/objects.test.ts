import { chmod, lstat, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeSystem } from '../../../src/backends/process/node-system.js';
import { mountParts, parseId, parseRecord } from '../../../src/backends/process/record.js';
import { quietContext } from '../../contract/context.js';
import { directoryAttributes, labelsOf, makeVolume, openPlace, type Place, plantForeign, run, treeOf } from './support.js';
import { removeWhole } from '../../support/whole.js';

let place: Place;
beforeEach(async () => {
  place = openPlace();
});
afterEach(() => place.close());

const inOne = (...parts: string[]) => join(place.root, 'one', ...parts);

describe('links never lead out', () => {
  test('those inside a volume are removed, and what they point to stays', async () => {
    const outside = await plantForeign(join(place.root, 'outside'));
    const volume = String((await makeVolume(place.backend, 'one', 'work')).attributes['path']);
    await mkdir(join(volume, 'deep', 'er'), { recursive: true });
    for (const at of [volume, join(volume, 'deep', 'er')]) {
      await symlink(join(place.root, 'outside'), join(at, 'directory'));
      await symlink(join(place.root, 'outside', 'data', 'thesis.txt'), join(at, 'file'));
      await symlink('..', join(at, 'up'));
      await symlink('nowhere', join(at, 'dangling'));
    }
    await removeWhole(place.backend, 'one');
    expect(await outside.intact()).toBe(true);
    expect(await readdir(place.root)).toEqual(['outside']);
  });

  test('a directory exchanged for a link while it is being removed', async () => {
    const outside = await plantForeign(join(place.root, 'outside'));
    const volume = String((await makeVolume(place.backend, 'one', 'work')).attributes['path']);
    await mkdir(join(volume, 'victim'));
    const swapping = openPlace({
      root: place.root,
      system: {
        ...nodeSystem,
        async openDirectory(path) {
          if (path.endsWith('/victim')) {
            await nodeSystem.removeDirectory(path);
            await nodeSystem.symlink(join(place.root, 'outside'), path);
          }
          return nodeSystem.openDirectory(path);
        },
      },
    });
    await removeWhole(swapping.backend, 'one');
    expect(await outside.intact()).toBe(true);
    expect(await readdir(place.root)).toEqual(['outside']);
  });

  test('a link in place of an object, or of a worker, is nobody', async () => {
    const other = openPlace();
    await makeVolume(other.backend, 'one', 'work');
    await mkdir(inOne(), { recursive: true, mode: 0o700 });
    await symlink(join(other.root, 'one', 'volume.work'), inOne('volume.work'));
    expect(await place.backend.list()).toEqual([]);
    await removeWhole(place.backend, 'one');
    expect((await lstat(inOne('volume.work'))).isSymbolicLink()).toBe(true);
    await expect(makeVolume(place.backend, 'one', 'work')).rejects.toMatchObject({ code: 'foreign_object' });
    await symlink(join(other.root, 'one'), join(place.root, 'two'));
    await expect(makeVolume(place.backend, 'two', 'work')).rejects.toMatchObject({ code: 'foreign_object' });
    await removeWhole(place.backend, 'two');
    expect(await other.backend.list()).toHaveLength(1);
    await other.close();
  });
});

test('what tools protect from writing is removed all the same', async () => {
  const volume = String((await makeVolume(place.backend, 'one', 'work')).attributes['path']);
  await mkdir(join(volume, 'module', 'sealed'), { recursive: true });
  await writeFile(join(volume, 'module', 'file'), '', { mode: 0o444 });
  await chmod(join(volume, 'module', 'sealed'), 0o000);
  await chmod(join(volume, 'module'), 0o555);
  await removeWhole(place.backend, 'one');
  expect(treeOf(place.root)).toEqual([]);
});

describe('lookalikes stay as they are', () => {
  const record = (id: string, worker: string) =>
    JSON.stringify({
      format: 'mayfly-process/1',
      type: 'mayfly_directory',
      id,
      labels: labelsOf(worker, 'mayfly_directory.work'),
      createdAt: 0,
      configuration: {},
      base: {},
    });
  const cases: Record<string, string | null> = {
    'without a record': null,
    'with a record that is none': 'not json',
    'with a record of something else': JSON.stringify({ format: 'other/1' }),
    'with a record of another place': record('two/volume.work', 'two'),
    'with labels of another worker': record('one/volume.work', 'two'),
  };
  for (const [title, text] of Object.entries(cases)) {
    test(title, async () => {
      await place.backend.prepare();
      await mkdir(inOne('volume.work'), { recursive: true, mode: 0o700 });
      if (text !== null) await writeFile(inOne('volume.work', 'record.json'), text);
      const foreign = await plantForeign(inOne('volume.work'));
      expect(await place.backend.list()).toEqual([]);
      await place.backend.drivers['mayfly_directory']?.delete('one/volume.work', directoryAttributes('one', 'work'), quietContext());
      await removeWhole(place.backend, 'one');
      await place.backend.tidy({ dryRun: false });
      await expect(makeVolume(place.backend, 'one', 'work')).rejects.toMatchObject({ code: 'foreign_object' });
      expect(await foreign.intact()).toBe(true);
    });
  }

  test('with names of passage', async () => {
    await place.backend.prepare();
    const path = inOne('.new-engine.1.abcdefabcdef');
    await mkdir(path, { recursive: true });
    const foreign = await plantForeign(path);
    expect(await place.backend.list()).toEqual([]);
    await removeWhole(place.backend, 'one');
    expect(await foreign.intact()).toBe(true);
  });

  test('files that look like leases', async () => {
    await run(place.backend, 'one', 'engine');
    await writeFile(inOne('lease-1.json'), 'mine');
    await writeFile(inOne('lease-2.json'), JSON.stringify({ format: 'mayfly-lease/1', labels: labelsOf('two', ''), createdAt: 0 }));
    await place.backend.writeLease('one', {}, 2_000_000_000);
    await removeWhole(place.backend, 'one');
    expect((await readdir(inOne())).sort()).toEqual(['lease-1.json', 'lease-2.json']);
    expect(await readFile(inOne('lease-1.json'), 'utf8')).toBe('mine');
  });
});

describe('tidy', () => {
  test('takes what is abandoned and empty, the root last', async () => {
    await place.backend.prepare();
    await mkdir(inOne('.new-engine.999999999.abcdefabcdef'), { recursive: true });
    expect(await place.backend.list('one')).toEqual([
      expect.objectContaining({ worker: 'one', address: '', labels: { worker: 'one', address: '' } }),
    ]);
    const all = [inOne('.new-engine.999999999.abcdefabcdef'), inOne(), place.root];
    expect(await place.backend.tidy({ dryRun: true })).toEqual(all);
    expect(treeOf(place.root)).not.toEqual([]);
    expect(await place.backend.tidy({ dryRun: false })).toEqual(all);
    await expect(lstat(place.root)).rejects.toThrow('ENOENT');
  });

  test('leaves what somebody is making, and workers', async () => {
    await makeVolume(place.backend, 'two', 'work');
    const making = inOne(`.new-engine.${process.pid}.abcdefabcdef`);
    await mkdir(making, { recursive: true });
    expect(await place.backend.tidy({ dryRun: false })).toEqual([]);
    expect(await place.backend.list('one')).toEqual([]);
    await utimes(making, 0, 0);
    expect(await place.backend.tidy({ dryRun: false })).toEqual([making, inOne()]);
  });
});

test('a volume may become a container of the same name', async () => {
  await makeVolume(place.backend, 'one', 'x');
  await run(place.backend, 'one', 'x');
  expect((await place.backend.list('one')).map(({ address }) => address).sort()).toEqual(['mayfly_directory.x', 'mayfly_process.x']);
});

test('50 workers are listed quickly', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `worker-${index}`);
  for (const name of names) {
    for (const volume of ['a', 'b']) await makeVolume(place.backend, name, volume);
    const driver = place.backend.drivers['mayfly_process'];
    await driver?.create(
      'mayfly_process.engine',
      { worker: name, name: 'engine', command: ['true'], env: {}, labels: labelsOf(name, 'mayfly_process.engine') },
      quietContext(),
    );
    await place.backend.writeLease(name, {}, 2_000_000_000);
  }
  const start = performance.now();
  expect(await place.backend.list()).toHaveLength(200);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('ids that lead elsewhere are none', () => {
  for (const id of ['', 'one', '../one/x', 'one/../x', 'one/x/y', 'one/.new-x', '/one/x', 'one/volume.', 'one/a.b'])
    expect(parseId(id)).toBeNull();
  expect(parseId('one/volume.x')).toEqual({ worker: 'one', entry: 'volume.x', name: 'x' });
  expect(parseRecord('{"format":"mayfly-process/1","id":"one/x"}', 'one/x')).toBeNull();
});

test('mount points stay below their process', () => {
  expect(mountParts('/a/b')).toEqual(['a', 'b']);
  expect(mountParts('/../a//b/./c/..')).toEqual(['a', 'b']);
  for (const path of ['/', '//', '/..', 'a/b', '']) expect(mountParts(path)).toBeNull();
});

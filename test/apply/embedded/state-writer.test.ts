import { describe, expect, test } from 'vitest';
import { StateWriter } from '../../../src/apply/embedded/state-writer.js';
import { volumeSchema } from '../../../src/backends/docker/resources/schemas.js';
import { MayflyError } from '../../../src/errors.js';
import { emptyState, type State, type StateRecord } from '../../../src/state/records.js';
import { WorkerDirectory } from '../../../src/state/worker-directory.js';
import { tempDir } from '../../support/temp-dir.js';

const schemas = () => volumeSchema;
const record = (name: string, more: Partial<StateRecord> = {}): StateRecord => ({
  type: 'docker_volume',
  name,
  attributes: { id: name, name, driver: 'local' },
  dependencies: [],
  tainted: false,
  sensitive: [],
  ...more,
});

/** A directory that counts what is written to it, and can be full. */
class Counting extends WorkerDirectory {
  writes: string[][] = [];
  full = false;
  override async writeState(...[state, of]: Parameters<WorkerDirectory['writeState']>): Promise<void> {
    if (this.full) throw new MayflyError('storage_full', { cause: 'full' });
    this.writes.push([...state.records.keys()]);
    await super.writeState(state, of);
  }
}

async function open(state: State = emptyState()) {
  const directory = new Counting(await tempDir('writer'));
  return { directory, state, writer: new StateWriter(state, directory, schemas, () => 'lineage-1') };
}

describe('the state on disk', () => {
  test('is there after every resource', async () => {
    const { directory, writer } = await open();
    for (const name of ['a', 'b', 'c']) {
      writer.set(`docker_volume.${name}`, record(name));
      writer.save();
      await writer.flush();
      expect([...(await directory.readState()).records.keys()]).toContain(`docker_volume.${name}`);
    }
    expect(await directory.readState()).toMatchObject({ serial: 3, lineage: 'lineage-1' });
  });

  test('writes that fall together are made one', async () => {
    const { directory, writer } = await open();
    for (let index = 0; index < 50; index += 1) {
      writer.set(`docker_volume.v${index}`, record(`v${index}`));
      writer.save();
    }
    await writer.flush();
    expect(directory.writes.length).toBeLessThanOrEqual(3);
    expect((await directory.readState()).records.size).toBe(50);
  });

  test('one that says nothing new does not keep the next from being written', async () => {
    const { directory, writer } = await open();
    for (const name of ['a', 'a', 'b']) {
      writer.set(`docker_volume.${name}`, record(name));
      writer.save();
      // The one before has come to its end.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await writer.flush();
    expect([...(await directory.readState()).records.keys()]).toEqual(['docker_volume.a', 'docker_volume.b']);
  });

  test('nothing changed: nothing written, serial and lineage as they were', async () => {
    const first = await open();
    first.writer.set('docker_volume.a', record('a'));
    await first.writer.flush();
    const state = await first.directory.readState();
    const writer = new StateWriter(state, first.directory, schemas, () => 'another');
    writer.set('docker_volume.a', record('a'));
    writer.setOutputs({});
    writer.save();
    expect(await writer.flush()).toMatchObject({ serial: 1, lineage: 'lineage-1' });
    expect(first.directory.writes).toHaveLength(1);
  });

  test('an output, a taint and a removal are each a change', async () => {
    const { directory, writer } = await open();
    writer.set('docker_volume.a', record('a'));
    await writer.flush();
    writer.taint('docker_volume.a');
    await writer.flush();
    expect((await directory.readState()).records.get('docker_volume.a')?.tainted).toBe(true);
    writer.setOutputs({ access: { value: 1, type: 'number', sensitive: true } });
    await writer.flush();
    writer.remove('docker_volume.a');
    await writer.flush();
    expect(await directory.readState()).toMatchObject({ serial: 4, records: new Map(), outputs: { access: { sensitive: true } } });
    writer.taint('docker_volume.unheard-of');
    expect(await writer.flush()).toMatchObject({ serial: 4 });
  });

  test('what the state remembered and nobody found is forgotten', async () => {
    const state: State = { lineage: 'l', serial: 5, records: new Map([['docker_volume.old', record('old')]]), outputs: {} };
    const { directory, writer } = await open(state);
    writer.save();
    await writer.flush();
    expect(await directory.readState()).toMatchObject({ lineage: 'l', serial: 6, records: new Map() });
  });

  test('a write that failed is told at the end, and by whoever asks', async () => {
    const { directory, writer } = await open();
    directory.full = true;
    writer.set('docker_volume.a', record('a'));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_full' });
    await expect(writer.flush()).rejects.toMatchObject({ code: 'storage_full' });
  });
});

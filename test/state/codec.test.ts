import { readFileSync, statSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { containerSchema, volumeSchema } from '../../src/backends/docker/resources/schemas.js';
import { changedOutputs, decodeState, encodeState } from '../../src/state/records.js';
import type { StateFile } from '../../src/state/state-file.js';
import { WorkerDirectory } from '../../src/state/worker-directory.js';
import { tempDir } from '../support/temp-dir.js';

const schemas = (type: string) => (type === 'docker_volume' ? volumeSchema : containerSchema);
const text = readFileSync(new URL('../fixtures/provider-state/terraform.tfstate', import.meta.url), 'utf8');
const file = JSON.parse(text) as StateFile;

async function directory(content?: string): Promise<WorkerDirectory> {
  const one = new WorkerDirectory(await tempDir('state'));
  if (content !== undefined) await writeFile(one.file('terraform.tfstate'), content);
  return one;
}

describe("the provider's own state", () => {
  test('comes out of decoding and encoding as it went in, in its order', () => {
    const state = decodeState(file);
    const encoded = encodeState({ ...state, lineage: state.lineage! }, schemas);
    expect(JSON.stringify({ ...encoded, terraform_version: file.terraform_version })).toBe(JSON.stringify(file));
  });

  test('through a file: the same, readable by nobody else', async () => {
    const one = await directory();
    const state = decodeState(file);
    await one.writeState({ ...state, lineage: state.lineage! }, schemas);
    expect(await one.readState()).toEqual(state);
    expect(statSync(one.file('terraform.tfstate')).mode & 0o777).toBe(0o600);
  });

  test('a tainted resource stays tainted', () => {
    const tainted = structuredClone(file);
    tainted.resources[0]!.instances[0].status = 'tainted';
    const state = decodeState(tainted);
    expect([...state.records.values()].filter((record) => record.tainted)).toHaveLength(1);
    expect(encodeState({ ...state, lineage: 'l' }, schemas).resources[0]?.instances[0].status).toBe('tainted');
  });
});

describe('a state file that is none', () => {
  const content: Record<string, string> = {
    'cut short': text.slice(0, text.length / 2),
    'not JSON': 'state',
    'of another format': '{"version": 3, "resources": []}',
    'without resources': '{"version": 4}',
  };
  test.each(Object.entries(content))('%s is an error that says what to do', async (_name, broken) => {
    const one = await directory(broken);
    await expect(one.readState()).rejects.toMatchObject({
      code: 'state_unreadable',
      place: { file: one.file('terraform.tfstate') },
      remedy: expect.stringContaining('delete the file') as string,
    });
  });

  test.each(
    Object.entries({
      nothing: 'null',
      'a list': '[]',
      'no resources': '{"version":4,"serial":1,"lineage":"l"}',
      'a resource without instances':
        '{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[{"mode":"managed","type":"t","name":"n"}]}',
      'an instance of no attributes':
        '{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[{"mode":"managed","type":"t","name":"n","instances":[7]}]}',
    }),
  )('of another shape is an error, no mistake of ours: %s', async (_name, content) => {
    await expect((await directory(content)).readState()).rejects.toMatchObject({ code: 'state_unreadable' });
  });

  test('cut at any length it is empty or an error with a remedy', async () => {
    for (let length = 1; length < text.length - 1; length += 97) {
      const one = await directory(text.slice(0, length));
      await expect(one.readState(), String(length)).rejects.toMatchObject({ code: 'state_unreadable' });
    }
  });

  test.each(['null', '[]', '{"remote_key":7}', '{"remote_key":'])('variables of another shape are an error: %s', async (content) => {
    const one = await directory(text);
    await writeFile(one.file('terraform.tfvars.json'), content);
    await expect(one.readVariables()).rejects.toMatchObject({
      code: 'state_unreadable',
      place: { file: one.file('terraform.tfvars.json') },
    });
  });

  test('absent or empty is a new one', async () => {
    const empty = { lineage: null, serial: 0, records: new Map(), outputs: {} };
    expect(await (await directory()).readState()).toEqual(empty);
    const one = await directory(text);
    await truncate(one.file('terraform.tfstate'));
    expect(await one.readState()).toEqual(empty);
  });
});

test('outputs that differ are named', () => {
  const output = (value: number) => ({ value, type: 'number', sensitive: false });
  expect(changedOutputs({ a: output(1), b: output(2) }, { b: output(3), c: output(4) })).toEqual(['a', 'b', 'c']);
  expect(changedOutputs({ a: output(1) }, { a: output(1) })).toEqual([]);
});

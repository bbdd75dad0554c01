import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { HttpClient } from '../../../src/backends/docker/http-client.js';
import { ownedFiles } from '../../../src/backends/docker/resources/owned-files.js';
import { putFiles } from '../../../src/backends/docker/resources/put-files.js';
import type { Stack } from '../../../src/plan/stack.js';
import { base, box, stackOf } from '../../stacks/support.js';

/** The entries of a tar by its headers' fixed fields. */
function entriesOf(tar: Buffer): Record<string, [content: string, mode: string, owner: string]> {
  const entries: Record<string, [string, string, string]> = {};
  const number = (at: number, length: number) => Number.parseInt(tar.toString('latin1', at, at + length), 8);
  for (let at = 0; tar[at] !== 0;) {
    const name = tar.toString('utf8', at, tar.indexOf(0, at));
    const size = number(at + 124, 12);
    const content = tar.toString('utf8', at + 512, at + 512 + size);
    entries[name] = [content, number(at + 100, 8).toString(8), `${number(at + 108, 8)}:${number(at + 116, 8)}`];
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}

test('the files of a container come as one tar for its root, each with its mode and owner', async () => {
  const calls: { path: string; query: unknown; tar: Buffer }[] = [];
  const http = {
    text: async (_method: string, path: string, options: { query: unknown; upload: Readable }) => {
      calls.push({ path, query: options.query, tar: await buffer(options.upload) });
      return '';
    },
  } as unknown as HttpClient;
  const file = (name: string, content: string, more: object = {}) => ({
    ...{ file: name, content_base64: Buffer.from(content).toString('base64'), permissions: '0644', owner: '', group: '' },
    ...more,
  });
  const upload = [file('/a/b', 'x'.repeat(512)), file('/k', 'é', { permissions: '0600', owner: '101', group: '103' })];
  await putFiles(http, 'c1', { upload }, new AbortController().signal);
  await putFiles(http, 'c2', { upload: [] }, new AbortController().signal);
  expect(calls.map(({ path, query }) => [path, query])).toEqual([['/containers/c1/archive', { path: '/' }]]);
  expect(entriesOf(calls[0]!.tar)).toEqual({ 'a/b': ['x'.repeat(512), '644', '0:0'], k: ['é', '600', '101:103'] });
});

test('the stack has the files as the provider takes them, and the provider refuses an owner', () => {
  const plain = { to: '/${a}', content: 'x' };
  const owned = { to: '/k', content: 'y', mode: '0600', owner: '101:103' };
  const stack = stackOf({ ...base, containers: [box('a', { files: [plain] }), box('b', { files: [plain, owned] }), box('c')] });
  const made = stack.resource!['docker_container']!;
  expect(made['a']!['upload']).toEqual([{ file: '/$${a}', content_base64: 'eA==', permissions: '0644' }]);
  expect((made['b']!['upload'] as object[])[1]).toEqual({
    ...{ file: '/k', content_base64: 'eQ==', permissions: '0600' },
    ...{ owner: '101', group: '103' },
  });
  expect(made['c']).not.toHaveProperty('upload');
  expect(ownedFiles(stack)?.cause).toBe('the provider of Terraform cannot set the owner of files, and b asks for it');
  expect(ownedFiles(stackOf({ ...base, containers: [box('a', { files: [plain] })] }))).toBeNull();
  expect(ownedFiles({} as Stack)).toBeNull();
});

import { expect, test } from 'vitest';
import { idsOf } from '../../../src/backends/docker/container-user.js';

const files: Record<string, string> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n',
  '/etc/group': 'root:x:0:\nstaff:x:50:node\n',
};
const read = (path: string) => Promise.resolve(files[path] ?? '');

test.for<[string, number, number]>([
  ['', 0, 0],
  ['node', 1000, 1001],
  ['1000', 1000, 1001],
  ['4000', 4000, 0],
  ['4000:5000', 4000, 5000],
  ['node:staff', 1000, 50],
  [':50', 0, 50],
])('the user "%s" is %d:%d', async ([user, uid, gid]) => {
  expect(await idsOf(user, read)).toEqual({ uid, gid });
});

test('numbers need no list of users, which an image without a shell may lack', async () => {
  const never = () => Promise.reject(new Error('asked'));
  expect(await idsOf('7:8', never)).toEqual({ uid: 7, gid: 8 });
  expect(await idsOf('7', () => Promise.resolve(''))).toEqual({ uid: 7, gid: 0 });
});

test.for(['nobody-here', 'node:nobodies'])('%s is not listed', async (user) => {
  await expect(idsOf(user, read)).rejects.toMatchObject({ code: 'copy_failed', remedy: expect.stringContaining('1000:1000') as string });
});

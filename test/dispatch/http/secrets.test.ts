import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { api, request } from './scene.js';

const planted = 'planted-value-81f0c2';
const inBase64 = Buffer.from(planted).toString('base64');

/** All bytes of the store's files. */
function bytesIn(directory: string): string {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(directory, name), 'latin1'))
    .join('\n');
}

test('a secret is in its worker, and in no answer, event, log or file of the store; after the end not even sealed', async () => {
  const { ask, until, log, store, directory, node, hand } = await api();
  const engine = { ...request.engine, env: { TOKEN: planted }, files: [{ to: '/key', content: planted }] };
  const { body, text } = await ask('/v1/runs', { body: { spec: { ...request, engine } } });
  const { id } = body as { id: string };
  const { worker } = await until(id, 'running');
  expect(JSON.stringify(node.of(worker as string))).toContain(planted);
  expect(await store.secrets(id)).not.toBeNull();
  node.write(node.container(worker as string, 'engine'), `TOKEN=${planted}`);
  hand.exit(worker as string, 'engine', 1);
  await until(id, 'failed');
  const answers = await Promise.all(['', '/events', '/access'].map(async (path) => (await ask(`/v1/runs/${id}${path}`)).text));
  const all = [text, ...answers, (await ask('/v1/runs')).text, ...log, bytesIn(directory)].join('\n');
  expect(all).toContain(id);
  expect(all).not.toContain(planted);
  expect(all).not.toContain(inBase64);
  expect(await store.secrets(id)).toBeNull();
});

import { expect, test } from 'vitest';
import { api, must } from '../../support/docker.js';
import { startFakeDocker } from '../../support/fake-docker/index.js';
import { openDocker } from './support.js';

const ours = { 'dev.mayfly.network': 'bridge' };

async function daemon(...networks: { labels: Record<string, string>; name?: string }[]) {
  const { socketPath } = await startFakeDocker({ images: ['alpine:3'] });
  for (const { labels, name = 'mayfly' } of networks) {
    // As two commands make it that ask at the same moment: the daemon's own check is none.
    await must('POST', '/networks/create', { Name: name, Labels: labels, CheckDuplicate: false }, socketPath);
  }
  const bridges = async () =>
    (await must<{ Name: string; Id: string }[]>('GET', '/networks', undefined, socketPath)).filter(({ Name }) => Name.includes('mayfly'));
  return { socketPath, backend: openDocker(socketPath), bridges };
}

test.each([
  ['missing: made', []],
  ['there: left as it is', [{ labels: ours }]],
  ['made by two at once: one of them goes', [{ labels: ours }, { labels: ours }]],
])('a bridge that is %s', async (_name, networks) => {
  const { backend, bridges } = await daemon(...networks);
  await backend.prepare();
  expect(await bridges()).toHaveLength(1);
});

test('made by many at once there is one', async () => {
  const { socketPath, bridges } = await daemon({ labels: ours }, { labels: ours }, { labels: ours });
  await Promise.all(Array.from({ length: 8 }, () => openDocker(socketPath).prepare()));
  expect(await bridges()).toHaveLength(1);
});

test('of two the one in use stays', async () => {
  const { socketPath, backend, bridges } = await daemon({ labels: ours }, { labels: ours });
  const [, used] = await bridges();
  const { Id } = await must<{ Id: string }>(
    'POST',
    '/containers/create',
    { Image: 'alpine:3', HostConfig: { NetworkMode: used!.Id } },
    socketPath,
  );
  await must('POST', `/containers/${Id}/start`, undefined, socketPath);
  await backend.prepare();
  expect((await bridges()).map((network) => network.Id)).toEqual([used!.Id]);
});

test.each([
  ['alone', [{ labels: {} }]],
  ['beside ours', [{ labels: ours }, { labels: {} }]],
])("somebody else's network of the name, %s, is an error and stays", async (_name, networks) => {
  const { backend, bridges } = await daemon(...networks);
  await expect(backend.prepare()).rejects.toMatchObject({ code: 'foreign_object' });
  expect(await bridges()).toHaveLength(networks.length);
});

test('tidying takes all of ours that nobody uses, and nothing else', async () => {
  const { socketPath, backend, bridges } = await daemon({ labels: ours }, { labels: ours }, { labels: {}, name: 'mayfly-too' });
  expect(await backend.tidy({ dryRun: true })).toEqual(['the network mayfly']);
  expect(await backend.tidy({ dryRun: false })).toEqual(['the network mayfly']);
  expect(await backend.tidy({ dryRun: false })).toEqual([]);
  expect((await bridges()).map(({ Name }) => Name)).toEqual(['mayfly-too']);
  expect((await api('GET', '/networks/mayfly-too', undefined, socketPath)).status).toBe(200);
});

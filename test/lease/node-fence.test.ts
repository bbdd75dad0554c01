import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Leases } from '../../src/backends/ports/leases.js';
import { labelKeys } from '../../src/labels.js';
import { isFencedByNode } from '../../src/lease/node-fence.js';
import { systemClock } from '../../src/clock.js';
import { dockerBackend } from '../../src/backends/docker/index.js';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { openScene } from '../memory/scene.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { must } from '../support/docker.js';
import { afterTest } from '../support/temp-dir.js';

test('a node is fenced by a keeper of its own that obeys `until`, not by one of an earlier version', async () => {
  const { node, client } = await openScene();
  const { backend } = client();
  expect(await isFencedByNode(backend)).toBe(false);
  node.resident = { name: 'mayfly-keeper', history: [] };
  expect(await isFencedByNode(backend)).toBe(false);
  node.resident = { name: 'mayfly-keeper', history: [], obeysUntil: true };
  expect(await isFencedByNode(backend)).toBe(true);
});

test('a node is fenced by its scheduler; a node with neither is not', async () => {
  const leases = { residents: null, scheduler: null } as Leases;
  expect(await isFencedByNode(leases)).toBe(false);
  expect(await isFencedByNode({ ...leases, scheduler: { name: 'EventBridge Scheduler', type: 'aws_scheduler_schedule' } })).toBe(true);
});

test('the image of the keeper has the label that says so', async () => {
  expect(await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8')).toContain(`\nLABEL ${labelKeys.keeperObeys}=until\n`);
});

test.for<[name: string, labels: Record<string, string>, runs: boolean, fenced: boolean]>([
  ['mayfly-keeper', { 'dev.mayfly.keeper': '0.1.0', 'dev.mayfly.keeper_obeys': 'until' }, true, true],
  ['mayfly-keeper', { 'dev.mayfly.keeper': '0.1.0', 'dev.mayfly.keeper_obeys': 'until' }, false, false],
  ['mayfly-keeper', { 'dev.mayfly.keeper': '0.1.0' }, true, false],
  ['mayfly-keeper', { 'dev.mayfly.keeper_obeys': 'until' }, true, false],
  ['other', { 'dev.mayfly.keeper': '0.1.0', 'dev.mayfly.keeper_obeys': 'until' }, true, false],
])('a container %s with %o on Docker (runs: %s): %s', async ([name, Labels, runs, fenced]) => {
  const docker = await startFakeDocker({ images: ['keeper:1'] });
  const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=${name}`, { Image: 'keeper:1', Labels }, docker.socketPath);
  if (runs) await must('POST', `/containers/${Id}/start`, undefined, docker.socketPath);
  const endpoint = parseEndpoint(`unix://${docker.socketPath}`, null, {});
  const backend = dockerBackend({ endpoint, clock: systemClock, execRoot: '/run/mayfly-none' });
  afterTest(() => backend.close());
  expect(await isFencedByNode(backend)).toBe(fenced);
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyWorker } from '../../src/worker/apply.js';
import { listWorkers } from '../../src/worker/list.js';
import { dockerAvailable, dockerSocket, images } from '../support/docker.js';
import { startOwnDocker } from '../support/own-docker.js';
import { until } from '../support/poll.js';
import { keeperOf, killKeeper } from '../support/processes.js';
import { machine } from '../support/run-cli.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { smallSpec, twoNodes } from '../support/two-nodes.js';

test.skipIf(!dockerAvailable())('two daemons as two nodes of one process: one keeper ends workers of one name on both', async () => {
  const [own, second] = await Promise.all([machine(), startOwnDocker([images.busybox])]);
  // It would stay for the workers of the next test file, and act on them.
  afterTest(() => killKeeper(own));
  const call = twoNodes(own.stateDir, own.env, `unix://${dockerSocket()}`, second.host);
  const spec = smallSpec(uniqueName('both'), images.busybox, 8);
  const nodes = ['docker', 'docker@second'];
  await Promise.all(nodes.map((backend) => applyWorker(call, spec, { strict: false, backend })));
  const ours = async () => (await listWorkers(call)).workers.filter(({ name }) => name === spec.name).map(({ backend }) => backend);
  expect(await ours()).toEqual(nodes);
  const watched = JSON.parse(await readFile(join(own.stateDir, 'keeper-watch.json'), 'utf8')) as { backend: string }[];
  expect(watched.map(({ backend }) => backend).sort()).toEqual(nodes);
  expect(await call.keeper.status()).toMatchObject({ kind: 'alive', pid: keeperOf(own) });
  await until('both have ended', async () => (await ours()).length === 0, { withinMs: 60_000, everyMs: 250 });
  // The keeper records an end right after it has removed the last object.
  const endings = await until(
    'both ends are recorded',
    async () => {
      const records = await call.layout.history.of(spec.name);
      return records.length === 2 && records;
    },
    { withinMs: 5000 },
  );
  expect(endings.map(({ backend, reason }) => [backend, reason]).sort()).toEqual([
    ['docker', 'expired'],
    ['docker@second', 'expired'],
  ]);
});

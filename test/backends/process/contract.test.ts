import { join } from 'node:path';
import { nodeSystem } from '../../../src/backends/process/node-system.js';
import { findProcesses } from '../../../src/backends/process/processes.js';
import { objectId } from '../../../src/backends/process/record.js';
import { systemClock } from '../../../src/clock.js';
import { labelKeys } from '../../../src/labels.js';
import { backendContract, type BackendSubject } from '../../contract/backend.js';
import { cancelContract } from '../../contract/cancel.js';
import { quietContext } from '../../contract/context.js';
import { detachedContract } from '../../contract/detached.js';
import { driverContract } from '../../contract/driver.js';
import {
  directoryAttributes,
  labelsOf,
  makeVolume,
  openPlace,
  plantForeign,
  processAttributes,
  recordedLabels,
  run,
  spec,
} from './support.js';

const subject = (type: 'mayfly_directory' | 'mayfly_process', name: string) => {
  const { root, backend, close } = openPlace();
  const driver = backend.drivers[type];
  if (!driver) throw new Error(type);
  return {
    driver,
    root,
    address: `${type}.${name}`,
    plantForeign: () => plantForeign(join(root, objectId(type, 'one', name))),
    labelsOf: (id: string) => recordedLabels(root, id),
    close,
  };
};

driverContract('mayfly_directory', async () => {
  const wanted = directoryAttributes('one', 'work');
  const labels = labelsOf('one', 'mayfly_directory.work');
  const tagged = { ...wanted, labels: { ...labels, [labelKeys.tags]: 'a,b' } };
  return { ...subject('mayfly_directory', 'work'), wanted, labels, update: { wanted: tagged, changes: [] } };
});

driverContract('mayfly_process', async () => {
  const wanted = processAttributes('one', 'build', {
    env: { A: 'b', SECRET: 'tell nobody' },
    mounts: { '/work': '/tmp', '/deep/er': '/tmp' },
    healthcheck: { command: ['CMD', 'true'], interval: 1, timeout: 1, retries: 1, start_period: 0 },
    port: 1,
  });
  const base = subject('mayfly_process', 'build');
  const stop = async (id: string) => {
    const stopped = await base.driver.update(id, { ...wanted, running: false }, [], quietContext());
    if (stopped.attributes['running'] !== false) throw new Error('still runs');
  };
  const changes = [{ path: 'running', before: false, after: true, replaces: false, secret: false }];
  const labels = labelsOf('one', 'mayfly_process.build');
  return { ...base, wanted, labels, update: { wanted, changes, prepare: stop } };
});

async function wholeBackend(): Promise<BackendSubject> {
  const { root, backend, close } = openPlace();
  await backend.prepare();
  return {
    backend,
    fitting: spec,
    workerName: (suffix) => `contract-${suffix}`,
    async make(worker, variables) {
      const keys = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`MAYFLY_${name.toUpperCase()}`, value]));
      const count = 'i=1; while [ $i -le 30 ]; do echo line $i; i=$((i+1)); done; sleep 1000';
      await makeVolume(backend, worker, 'work');
      await run(backend, worker, 'engine', { command: ['sh', '-c', count], env: { ...keys, GREETING: 'hello' } });
      await run(backend, worker, 'build', { env: { GREETING: 'hello' } });
    },
    async add(worker, name, command, once) {
      const labels = { ...labelsOf(worker, `mayfly_process.${name}`), ...(once && { [labelKeys.once]: 'true' }) };
      await run(backend, worker, name, { command, labels, ...(once && { once }) });
    },
    async kill(worker, container) {
      const host = { system: nodeSystem, root, clock: systemClock, uid: process.getuid!(), env: {} };
      const found = await findProcesses(host, { id: objectId('mayfly_process', worker, container) });
      for (const { stat } of found) process.kill(stat.pid, 'SIGKILL');
    },
    plantLookalike: (worker) => plantForeign(join(root, worker, 'not-of-mayfly')),
    close,
  };
}

backendContract('process', wholeBackend);
cancelContract('process', wholeBackend);
detachedContract('process', wholeBackend);

import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import { ServiceClient } from '../../src/client/client.js';
import { follow } from '../../src/client/follow.js';
import type { Connection } from '../../src/client/http.js';
import { workerNameOf } from '../../src/dispatch/worker-name.js';
import { images } from '../support/docker.js';
import { afterTest, tempDir } from '../support/temp-dir.js';

/** A running run of a service in a process of its own. */
export interface ServedRun {
  connection: Connection;
  id: string;
  /** Name of its engine's container. */
  container: string;
  service: ChildProcess;
}

/** Starts the service as it is installed, with the local Docker daemon as its node, and a run there. */
export async function servedRun(): Promise<ServedRun> {
  const service = spawn(process.execPath, [join(import.meta.dirname, '../../dist/mayfly.cjs'), 'serve', '--port', '0', '--json'], {
    env: { ...process.env, MAYFLY_STATE_DIR: await tempDir('exec-bench') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await new Promise<Buffer[]>((resolve) => service.stdout.once('data', (...data: Buffer[]) => resolve(data)));
  const { url, token } = JSON.parse(String(line)) as { url: string; token: string };
  const signal = new AbortController().signal;
  setMaxListeners(0, signal);
  const connection = { server: new URL(`${url}/`), token, clock: systemClock, signal };
  const client = new ServiceClient(connection);
  const spec = { name: 'bench', max_duration: 1800, cpu: 2000, memory: 512, engine: { image: images.busybox, command: ['sleep', '1800'] } };
  const { id } = await client.submit(spec, { key: 'bench', labels: {} });
  afterTest(async () => {
    await client.cancel(id, 'the bench is over');
    await follow(client, id, () => false, { clock: systemClock, signal });
    service.kill();
  });
  const { state, reason } = await follow(client, id, (run) => run.state === 'running', { clock: systemClock, signal });
  if (state !== 'running') throw new Error(`the run is ${state}: ${reason}`);
  return { connection, id, container: `mayfly-${workerNameOf(id, 1)}.engine`, service };
}

import { once } from 'node:events';
import { systemClock } from '../../../src/clock.js';
import type { Connection } from '../../../src/client/http.js';
import { defaultServerLimits, makeServer, type ServerLimits } from '../../../src/dispatch/http/server.js';
import { takeUpgrades } from '../../../src/dispatch/http/upgrades.js';
import type { Program } from '../../memory/programs.js';
import { afterTest } from '../../support/temp-dir.js';
import { type Api, api } from './scene.js';

/** The API behind a socket, with a running run in memory. */
export interface Served extends Api {
  id: string;
  connection: Connection;
  /** The name of its worker. */
  worker: string;
}

/** `programs`: commands of its containers. */
export async function served(
  programs: Record<string, Program> = {},
  limits: Partial<ServerLimits> = {},
  labels: Record<string, string> = {},
): Promise<Served> {
  const one = await api();
  Object.assign(one.node.programs, programs);
  const server = makeServer(one.app.fetch, { ...defaultServerLimits, ...limits });
  const upgraded = takeUpgrades(server, {
    upgrades: one.upgrades,
    tokens: one.store.tokens,
    streams: one.streams,
    hosts: [],
    log: { info() {}, warn() {} },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => (upgraded.close(), server.close(), server.closeAllConnections()));
  const { port } = server.address() as { port: number };
  const spec = { name: 'one', max_duration: 300, engine: { image: 'alpine', command: ['serve'] } };
  const { id } = (await one.ask('/v1/runs', { body: { spec, labels } })).body as { id: string };
  const { worker } = await one.until(id, 'running');
  const signal = new AbortController().signal;
  const connection = { server: new URL(`http://127.0.0.1:${port}/`), token: one.token, clock: systemClock, signal };
  return { ...one, id, worker: worker as string, connection };
}

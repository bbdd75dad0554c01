import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { parseAddress } from '../../src/client/address.js';
import { ServiceClient } from '../../src/client/client.js';
import { takeUpgrades } from '../../src/dispatch/http/upgrades.js';
import type { Clock } from '../../src/clock.js';
import { api, type Api } from '../dispatch/http/scene.js';
import { afterTest } from '../support/temp-dir.js';

export interface Remote extends Api {
  url: string;
  remote: ServiceClient;
}

/** The service over a node in memory, behind a socket, and a client of it. */
export async function service(): Promise<Remote> {
  const own = await api();
  const server = createAdaptorServer({ fetch: own.app.fetch }) as Server;
  takeUpgrades(server, {
    upgrades: own.upgrades,
    tokens: own.store.tokens,
    streams: own.streams,
    hosts: [],
    log: { info() {}, warn() {} },
  });
  const url = await listen(server);
  return { ...own, url, remote: clientOf(url, own.token, own.clock) };
}

export function clientOf(url: string, token: string, clock: Clock, signal: AbortSignal = new AbortController().signal): ServiceClient {
  return new ServiceClient({ server: parseAddress(url), token, clock, signal });
}

/** A server that answers each request as the function does. */
export function fakeServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return listen(createServer(answer));
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A clock whose sleeps end at once, and are recorded. */
export function noSleep(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => 0,
    sleep(ms) {
      slept.push(ms);
      return Promise.resolve();
    },
  };
}

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeForwarder } from '../../../client/connect/api.js';
import { Engines } from '../../../client/connect/engines.js';
import { MayflyError } from '../../../errors.js';
import { melodiumApi } from '../../../spec/melodium.js';
import { inRemoteSession } from '../../remote/session.js';
import { interruptedCode } from '../../signals.js';
import type { Args } from './options.js';

/** Serves until a signal. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, connection, server, call: { stop }, json, line, out, note }) => {
    // A wrong address or token is reported at once.
    await client.runs({}, { limit: 1 });
    const engines = new Engines(connection, client, (id, { message }) => note(`A connection to the engine of ${id} failed: ${message}`));
    const forwarder = makeForwarder(connection, (id) => engines.portOf(id));
    const url = `http://127.0.0.1:${await listen(forwarder, args.port)}${melodiumApi}`;
    if (json) line({ type: 'listening', url, server });
    else out(welcome(url, server).join('\n'));
    if (!stop.aborted) await once(stop, 'abort');
    forwarder.close();
    forwarder.closeAllConnections();
    await engines.close();
    return interruptedCode;
  });
}

function welcome(url: string, server: string): string[] {
  return [
    `Mélodium programs on this machine get their workers from ${server} until you interrupt this command:`,
    '',
    `  export MELODIUM_API_URL=${url}`,
    '  export MELODIUM_API_TOKEN=any    # your own token is sent instead',
  ];
}

/** @throws MayflyError `port_in_use` */
async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: Error) => {
    throw new MayflyError('port_in_use', {
      place: { path: `127.0.0.1:${port}` },
      cause: `cannot be listened on: ${error.message}`,
      remedy: 'name another --port, or 0 for a free one',
      error,
    });
  });
  return (server.address() as AddressInfo).port;
}

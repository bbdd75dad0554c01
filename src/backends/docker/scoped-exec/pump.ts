import type { Duplex } from 'node:stream';

/**
 * Connects a client with a command's streams, with back-pressure in both directions. The client's half-close and the command's end are passed
 * on. If one side breaks, the other is destroyed.
 *
 * @returns whether the daemon ended the stream; `false`: it broke
 */
export function pump(client: Duplex, daemon: Duplex): Promise<boolean> {
  return new Promise((resolve) => {
    let ended = false;
    daemon.once('end', () => {
      ended = true;
      // Drop the client's input: unread input would reset the connection before the last output is read.
      client.unpipe(daemon);
      client.resume();
    });
    // `close` also follows an error.
    daemon.once('close', () => {
      if (!ended) client.destroy();
      resolve(ended);
    });
    client.once('close', () => daemon.destroy());
    daemon.on('error', () => daemon.destroy());
    client.pipe(daemon);
    daemon.pipe(client);
  });
}

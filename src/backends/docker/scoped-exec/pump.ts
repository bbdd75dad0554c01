import type { Duplex } from 'node:stream';

/**
 * Joins a client and a command's streams, with the back-pressure of both. The client's half-close is passed on, so is the command's end.
 * What breaks on one side is broken on the other.
 *
 * @returns whether the daemon ended the stream, rather than that it broke
 */
export function pump(client: Duplex, daemon: Duplex): Promise<boolean> {
  return new Promise((resolve) => {
    let ended = false;
    daemon.once('end', () => {
      ended = true;
      // Nobody reads it any more; left unread it would reset the connection under the last output.
      client.unpipe(daemon);
      client.resume();
    });
    // Each also follows an error.
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

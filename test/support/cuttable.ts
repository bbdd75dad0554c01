import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterTest } from './temp-dir.js';

/** A way to a daemon that a test can cut. */
export interface Cuttable {
  /** For `DOCKER_HOST`. */
  host: string;
  /** Breaks all connections; new ones are broken at once. */
  cut(): void;
  restore(): void;
}

export async function cuttable(socketPath: string): Promise<Cuttable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const daemon = connect(socketPath);
    for (const socket of [client, daemon]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .once('close', () => {
          sockets.delete(socket);
          client.destroy();
          daemon.destroy();
        });
    }
    client.pipe(daemon).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  afterTest(() => {
    cut();
    server.close();
  });
  return { host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, restore: () => void (isCut = false) };
}

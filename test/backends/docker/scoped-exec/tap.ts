import { connect, createServer, type Socket } from 'node:net';
import { afterTest, tempDir } from '../../../support/temp-dir.js';

export interface Tap {
  socketPath: string;
  /** First lines of all requests that passed, in order: `GET /_ping`. */
  requests: string[];
  /** How often somebody connected. */
  connections: number;
  /** Bytes that the daemon said. */
  received: number;
  /** Connections to the daemon that are open now. */
  open(): number;
  /** Breaks what is open, as a daemon that is killed does; nobody gets in any more. */
  cut(): Promise<void>;
}

/** Passes bytes on to a daemon and notes what was asked of it, however it was framed. */
export async function startTap(target: string): Promise<Tap> {
  const sockets = new Set<Socket>();
  const follow = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    // The other side is told by the close.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket) && other.destroy());
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    tap.connections += 1;
    const daemon = connect({ path: target, allowHalfOpen: true });
    follow(client, daemon);
    follow(daemon, client);
    client.on('data', (chunk: Buffer) => {
      for (const [, request] of chunk.toString('latin1').matchAll(/(?:^|\n)([A-Z]+ \S+) HTTP\//g)) tap.requests.push(request!);
    });
    daemon.on('data', (chunk: Buffer) => (tap.received += chunk.length));
    client.pipe(daemon).pipe(client);
  });
  const socketPath = `${await tempDir('tap')}/docker.sock`;
  const tap: Tap = {
    socketPath,
    requests: [],
    connections: 0,
    received: 0,
    open: () => sockets.size / 2,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
  afterTest(() => tap.cut());
  return tap;
}

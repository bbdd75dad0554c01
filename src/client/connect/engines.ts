import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { toMayflyError } from '../../errors.js';
import type { ServiceClient } from '../client.js';
import { isFinal } from '../documents.js';
import type { Connection } from '../http.js';
import { openTunnel } from './tunnel.js';

/** Milliseconds between two looks whether a run has ended. */
const lookEvery = 30_000;

/** Listeners on this machine's loopback, one for each run. What connects to one is connected to the run's engine. */
export class Engines {
  private readonly listeners = new Map<string, Promise<Server>>();
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly connection: Connection,
    private readonly client: Pick<ServiceClient, 'run'>,
    /** Takes errors of single connections. */
    private readonly onError: (run: string, error: Error) => void,
  ) {}

  /** The port of a run's listener, which listens then. */
  async portOf(run: string): Promise<number> {
    const open = this.listeners.get(run) ?? this.listen(run);
    this.listeners.set(run, open);
    return ((await open).address() as AddressInfo).port;
  }

  /** Ends all listeners and connections. */
  async close(): Promise<void> {
    for (const listener of await Promise.allSettled(this.listeners.values())) if (listener.status === 'fulfilled') listener.value.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async listen(run: string): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.join(run, socket));
    server.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      this.listeners.delete(run);
      throw error;
    }
    void this.endWith(run, server);
    return server;
  }

  private async join(run: string, socket: Socket): Promise<void> {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket)).on('error', () => {});
    try {
      const tunnel = await openTunnel(this.connection, run);
      pipeline(socket, tunnel, () => {});
      pipeline(tunnel, socket, () => {});
    } catch (error) {
      this.onError(run, toMayflyError(error));
      socket.destroy();
    }
  }

  /** Ends the listener when its run is over. Connections that are open end with the engine. */
  private async endWith(run: string, server: Server): Promise<void> {
    const { clock, signal } = this.connection;
    while (!signal.aborted) {
      await clock.sleep(lookEvery, signal).catch(() => {});
      const isOver = await this.client.run(run).then(isFinal, (error: unknown) => toMayflyError(error).code === 'run_unknown');
      if (!isOver) continue;
      this.listeners.delete(run);
      server.close();
      return;
    }
  }
}

import type { Duplex } from 'node:stream';

/** Connections from this process to the engines of workers. */
export interface EngineConnections {
  /**
   * Connects to an address and a port of a worker's output `access`. The connection may be half-closed.
   *
   * @throws MayflyError `backend_unreachable`; `not_possible` where this process cannot reach the address
   */
  connectTo(address: string, port: number): Promise<Duplex>;
}

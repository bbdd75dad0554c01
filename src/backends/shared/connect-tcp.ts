import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { MayflyError } from '../../errors.js';

/** Milliseconds to open a connection. */
const openTime = 10_000;

/** Opens a TCP connection that may be half-closed. @throws MayflyError `backend_unreachable` */
export async function connectTcp(address: string, port: number): Promise<Socket> {
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(openTime) });
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    const cause = (error as NodeJS.ErrnoException).code ?? 'no answer';
    throw new MayflyError('backend_unreachable', { place: { path: `${address}:${port}` }, cause: `cannot be reached: ${cause}`, error });
  }
}

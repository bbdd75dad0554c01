import type { Socket } from 'node:net';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { parseHead, type RequestHead } from './request-head.js';

export interface Request extends RequestHead {
  body: Buffer;
  /** Bytes after the body: the begin of a raw stream, or a request that did not wait for the answer. */
  rest: Buffer;
}

const longestHead = 16_384;
const headEnd = Buffer.from('\r\n\r\n');

/**
 * Reads one request, and no further chunk. Between requests the socket is not read.
 *
 * @param begun called when the first byte of the request arrives
 * @returns `null` if the client disconnects before the request is complete
 */
export async function readRequest(socket: Socket, begun: () => void): Promise<Request | Refusal | null> {
  let seen: Buffer = Buffer.alloc(0);
  const grow = async (): Promise<boolean> => {
    const chunk = await nextChunk(socket);
    if (chunk === null) return false;
    if (seen.length === 0) begun();
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    return true;
  };

  let end = -1;
  while (end < 0) {
    if (seen.length > longestHead) return refuse(`the headers are longer than ${longestHead} bytes`);
    if (!(await grow())) return null;
    end = seen.indexOf(headEnd);
  }
  if (end > longestHead) return refuse(`the headers are longer than ${longestHead} bytes`);
  const head = parseHead(seen.toString('latin1', 0, end));
  if (isRefusal(head)) return head;
  const start = end + headEnd.length;
  while (seen.length < start + head.length) if (!(await grow())) return null;
  return { ...head, body: seen.subarray(start, start + head.length), rest: seen.subarray(start + head.length) };
}

/** @returns `null` at the end of the stream, also after an error */
function nextChunk(socket: Socket): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const settle = (chunk: Buffer | null) => {
      socket.off('readable', look).off('end', stop).off('close', stop);
      resolve(chunk);
    };
    const look = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) settle(chunk);
    };
    const stop = () => settle(null);
    if (socket.destroyed || socket.readableEnded) return resolve(null);
    socket.on('readable', look).on('end', stop).on('close', stop);
    look();
  });
}

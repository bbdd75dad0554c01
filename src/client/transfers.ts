import * as z from 'zod';
import { MayflyError } from '../errors.js';
import { linesOf } from '../lines.js';
import { errorReply } from './documents.js';
import { type Connection, errorOf, unreachable } from './http.js';
import { open } from './open.js';

export interface RunPath {
  run: string;
  container: string;
  path: string;
}

const line = z.union([
  z.looseObject({ type: z.literal('again'), cause: z.string() }),
  z.looseObject({ type: z.literal('done'), sha256: z.string(), files: z.number(), bytes: z.number() }),
  z.looseObject({ type: z.literal('failed'), ...errorReply.shape }),
  z.looseObject({ type: z.string() }),
]);

/** Milliseconds without a line after which the connection is lost: three of the service's. */
const silence = 45_000;

/** Copies files between two runs inside the service. @throws MayflyError, also where the connection breaks before the end */
export async function transferBetween(
  connection: Connection,
  { from, to, onAgain }: { from: RunPath; to: RunPath; onAgain(cause: string): void },
): Promise<void> {
  const { signal } = connection;
  const url = new URL('v1/transfers', connection.server);
  const type = { 'content-type': 'application/json' };
  const answer = await open(connection, 'POST', url, signal, (request) => request.end(JSON.stringify({ from, to })), type);
  answer.setTimeout(silence, () => answer.destroy(new Error(`no byte came for ${silence / 1000} s`)));
  try {
    for await (const text of linesOf(answer)) {
      const read = line.parse(JSON.parse(text));
      if (read.type === 'again') onAgain(read.cause as string);
      if (read.type === 'failed') throw errorOf(errorReply.parse(read).error);
      if (read.type === 'done') return;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof MayflyError ? error : brokeOff(connection, error);
  }
  throw brokeOff(connection);
}

function brokeOff(connection: Connection, error?: unknown): MayflyError {
  return unreachable(connection, 'the connection broke before the copy was complete', error);
}

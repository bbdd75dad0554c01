import type * as z from 'zod';
import type { Clock } from '../clock.js';
import { type ErrorCode, errorCodes, MayflyError } from '../errors.js';
import { errorReply } from './documents.js';

export interface Connection {
  /** Ends with `/`. */
  server: URL;
  token: string;
  clock: Clock;
  /** Ends requests and pauses. */
  signal: AbortSignal;
}

export interface HttpRequest<T> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Without a leading `/`. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** The service answers a repeated request with the same key as the first one. */
  key?: string;
  reply: z.ZodType<T>;
}

/** Milliseconds for one answer. */
const timeout = 30_000;
/** Milliseconds before the second, third and fourth try. */
const pauses = [500, 1000, 2000];
/** Answers of a proxy or of a service that starts. */
const passing: readonly number[] = [502, 503, 504];

/**
 * Sends a request, and again after a failure that may pass where a repeated request is safe: GET, and POST with a key.
 *
 * @throws MayflyError with the service's own code, places, causes and remedies, or `server_unreachable`
 */
export async function send<T>(connection: Connection, { body, reply, ...request }: HttpRequest<T>): Promise<T> {
  const answer = await exchange(connection, { ...request, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const parsed = answer.status < 300 ? reply.safeParse(jsonOf(answer.text)) : null;
  if (parsed?.success) return parsed.data;
  throw errorIn(connection, answer);
}

/** As `send`, with the text of a body, and any answer as it came. @throws MayflyError `server_unreachable` */
export async function exchange(connection: Connection, request: Exchange): Promise<Answer> {
  const { clock, signal } = connection;
  const mayRepeat = request.method === 'GET' || request.key !== undefined;
  for (const pause of mayRepeat ? pauses : []) {
    const answer = await ask(connection, request).catch((error: unknown) => {
      if (signal.aborted) throw error;
      // Another try would be as silent.
      if (isTimeout(error)) throw unreachable(connection, causeOf(error), error);
      return null;
    });
    if (answer && !passing.includes(answer.status)) return answer;
    await clock.sleep(pause, signal);
  }
  return ask(connection, request).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : unreachable(connection, causeOf(error), error);
  });
}

type Exchange = Pick<HttpRequest<unknown>, 'method' | 'path' | 'query' | 'key'> & { body?: string };

export interface Answer {
  status: number;
  text: string;
}

async function ask({ server, token, signal }: Connection, { method, path, query = {}, body, key }: Exchange): Promise<Answer> {
  const url = new URL(path, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const late = new AbortController();
  const stop = () => late.abort(signal.reason);
  // Not AbortSignal.any and AbortSignal.timeout: Node 20 may lose such a signal before it is due.
  signal.throwIfAborted();
  const timer = setTimeout(() => late.abort(new DOMException('', 'TimeoutError')), timeout);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body }),
      // The token is for this server alone.
      redirect: 'manual',
      signal: late.signal,
    });
    return { status: answer.status, text: await answer.text() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** The error that an answer has. */
export function errorIn(connection: Connection, { status, text }: Answer): MayflyError {
  const failed = errorReply.safeParse(jsonOf(text));
  if (failed.success) return errorOf(failed.data.error);
  return unreachable(connection, `answered ${status} in another form than mayfly serve does`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The service's error as one of this process. */
export function errorOf({ code, message, problems }: z.infer<typeof errorReply>['error']): MayflyError {
  const all = problems.map(({ place, cause, remedy }) => ({
    cause,
    ...(place !== undefined && { place: { path: place } }),
    ...(remedy !== undefined && { remedy }),
  }));
  if (code === 'token_invalid')
    return new MayflyError('token_invalid', { cause: 'the server does not accept this token', remedy: giveToken });
  return new MayflyError(codeOf(code), { ...(all.find(({ cause }) => cause === message) ?? { cause: message }), problems: all });
}

export const giveToken = 'set MAYFLY_TOKEN, or token_file in your own settings, to a token of this server';

/** A newer service may have codes that this program lacks. */
function codeOf(code: string): ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal';
}

export function unreachable({ server }: Connection, cause: string, error?: unknown): MayflyError {
  return new MayflyError('server_unreachable', {
    place: { path: `server ${server.href}` },
    cause,
    remedy: 'check the URL, and that mayfly serve runs there',
    ...(error !== undefined && { error }),
  });
}

/** fetch reports "fetch failed", with the reason below it. */
export function causeOf(error: unknown): string {
  if (isTimeout(error)) return `does not answer within ${timeout / 1000} s`;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return `cannot be reached: ${cause?.code ?? cause?.message ?? String(error)}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

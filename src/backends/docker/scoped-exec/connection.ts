import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { call, type CallContext, message } from './calls.js';
import type { RawStream, Reply } from './daemon.js';
import { pump } from './pump.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { readRequest, type Request } from './request-reader.js';
import { type Route, routeOf } from './routes.js';

export interface ConnectionContext extends Omit<CallContext, 'signal'> {
  /** Connections without a request; the one that has waited longest is the first. */
  idle: Set<Socket>;
  /** Resolves when a client's time for one step is over: to send a request, to read an answer, to close. Rejects if the signal aborts first. */
  patience(signal: AbortSignal): Promise<void>;
  onRefusal(why: string, method: string, target: string): void;
  /** Called when the daemon does not answer. */
  onFailure(error: unknown): void;
}

/** Serves one client until it disconnects, one request at a time: the next request is read after the answer to the previous one. */
export async function serveConnection(socket: Socket, context: ConnectionContext): Promise<void> {
  const left = new AbortController();
  socket.once('close', () => left.abort());
  for (;;) {
    const request = await readInTime(socket, context);
    if (request === null) return void socket.end();
    const verdict = judge(request);
    const answer = isRefusal(verdict) ? verdict : await perform(verdict, request as Request, { ...context, signal: left.signal });
    if (socket.destroyed) return destroyStream(answer);
    if ('socket' in answer) return stream(socket, request as Request, answer, verdict as Route, context);
    if (isRefusal(answer)) report(answer, request, context);
    const broken = isRefusal(request) || isRefusal(verdict) || request.close;
    write(socket, isRefusal(answer) ? message(403, answer.refused) : answer, verdict, broken);
    if (broken) return leave(socket, context);
    await untilRead(socket, context);
  }
}

/**
 * Ends a connection whose client may still be sending. Its input is dropped until it closes its half: unread input would keep the connection
 * open, or reset it before the answer is read. A client that does not close in time is disconnected.
 */
function leave(socket: Socket, { patience }: ConnectionContext): void {
  socket.end();
  socket.resume();
  const closed = new AbortController();
  socket.once('close', () => closed.abort());
  cutWhenLate(socket, patience(closed.signal));
}

/** Waits until the client has read its answer, so that answers do not accumulate. A client that does not read in time is disconnected. */
async function untilRead(socket: Socket, { patience }: ConnectionContext): Promise<void> {
  if (!socket.writableNeedDrain) return;
  const read = new AbortController();
  cutWhenLate(socket, patience(read.signal));
  await new Promise<void>((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
  read.abort();
}

function cutWhenLate(socket: Socket, late: Promise<void>): void {
  late.then(
    () => socket.destroy(),
    () => {},
  );
}

/** Checks a request by itself, before any call of the daemon. Pure. */
function judge(request: Request | Refusal): Route | Refusal {
  if (isRefusal(request)) return request;
  const route = routeOf(request.method, request.target);
  if (isRefusal(route)) return route;
  if (request.upgrade && route.kind !== 'start') return refuse('only the start of a command turns into a stream');
  if (request.length > 0 && route.kind !== 'create' && route.kind !== 'start') return refuse('this request has no body');
  if (request.rest.length > 0 && route.kind !== 'start') return refuse('a request must wait for the answer to the one before');
  return route;
}

async function perform(route: Route, request: Request, context: CallContext & ConnectionContext): Promise<Reply | RawStream | Refusal> {
  try {
    return await call(route, request.body, context);
  } catch (error) {
    if (!context.signal.aborted) context.onFailure(error);
    return message(503, 'the docker daemon does not answer');
  }
}

async function readInTime(socket: Socket, context: ConnectionContext): Promise<Request | Refusal | null> {
  const done = new AbortController();
  context.idle.add(socket);
  const request = await readRequest(socket, () => {
    context.idle.delete(socket);
    // `done` is aborted when the request is complete.
    cutWhenLate(socket, context.patience(done.signal));
  });
  context.idle.delete(socket);
  done.abort();
  return request;
}

async function stream(client: Socket, request: Request, raw: RawStream, route: Route, { execs }: ConnectionContext): Promise<void> {
  const exec = route.kind === 'start' ? route.exec : '';
  execs.set(exec, 'open');
  const head = request.upgrade ? '101 UPGRADED' : '200 OK';
  const upgraded = request.upgrade ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : '';
  client.write(`HTTP/1.1 ${head}\r\nContent-Type: ${raw.contentType}\r\n${upgraded}\r\n`);
  // Written directly: the client's stream may have ended, so the data cannot be put back into it.
  if (request.rest.length > 0) raw.socket.write(request.rest);
  execs.set(exec, (await pump(client, raw.socket)) ? 'ended' : 'cut');
}

function write(socket: Socket, { status, headers, body }: Reply, route: Route | Refusal, close: boolean): void {
  const bodiless = 'kind' in route && route.kind === 'ping' && route.method === 'HEAD';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (close) lines.push('Connection: close\r\n');
  lines.push(`Content-Length: ${body.length}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`);
  if (!bodiless) socket.write(body);
}

function report({ refused }: Refusal, request: Request | Refusal, context: ConnectionContext): void {
  if (isRefusal(request)) context.onRefusal(refused, '', '');
  else context.onRefusal(refused, request.method, request.target);
}

function destroyStream(answer: Reply | RawStream | Refusal): void {
  if ('socket' in answer) answer.socket.destroy();
}

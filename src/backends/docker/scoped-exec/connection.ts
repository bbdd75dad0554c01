import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { call, type CallContext, message } from './calls.js';
import type { RawStream, Reply } from './daemon.js';
import { pump } from './pump.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { readRequest, type Request } from './request-reader.js';
import { type Route, routeOf } from './routes.js';

export interface ConnectionContext extends Omit<CallContext, 'signal'> {
  /** Connections without a request, the one that has waited longest first. */
  idle: Set<Socket>;
  /** Resolves when a client has had its time for one step: a request, an answer, a goodbye. Rejects when the signal aborts first. */
  patience(signal: AbortSignal): Promise<void>;
  onRefusal(why: string, method: string, target: string): void;
  /** The daemon does not answer. */
  onFailure(error: unknown): void;
}

/** Serves one client until it leaves. One request at a time: the next is read when the one before has its answer. */
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
 * Ends a connection whose client may still be sending. What it sends is dropped until it ends its half too: unread input would keep the
 * connection open, or reset it under the answer. A client that stays is cut.
 */
function leave(socket: Socket, { patience }: ConnectionContext): void {
  socket.end();
  socket.resume();
  const closed = new AbortController();
  socket.once('close', () => closed.abort());
  cutWhenLate(socket, patience(closed.signal));
}

/** Waits until the client has read its answer, so that answers do not pile up here. A client that does not read is cut. */
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

/** Before anything is asked of anybody: the request by itself. Pure. */
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
    // Aborted when the request is whole, as it should be.
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
  // Not put back into the client's stream, which may have ended meanwhile.
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

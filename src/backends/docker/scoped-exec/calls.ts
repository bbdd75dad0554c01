import type { Clock } from '../../../clock.js';
import type { Endpoint } from '../endpoint.js';
import { askDaemon, openStream, type RawStream, type Reply } from './daemon.js';
import { checkUser, parseCreate, parseStart } from './exec-body.js';
import type { ExecMemory } from './exec-memory.js';
import { inspectView } from './inspect-view.js';
import { findOwn, type OwnContainer } from './own-containers.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import type { Route } from './routes.js';

export interface CallContext {
  endpoint: Endpoint;
  clock: Clock;
  execs: ExecMemory;
  containers(): Promise<readonly OwnContainer[]>;
  signal: AbortSignal;
}

type Answer = Reply | Refusal;

/** Carries out a route on the worker's own containers. @throws if the daemon does not answer */
export function call(route: Route, body: Buffer, context: CallContext): Promise<Answer | RawStream> {
  switch (route.kind) {
    case 'ping':
      return ask(context, route.method, `${route.version}/_ping`);
    case 'version':
      return ask(context, 'GET', `${route.version}/version`);
    case 'inspect':
      return inspect(route.container, route.version, context);
    case 'create':
      return create(route.container, route.version, body, context);
    case 'start':
      return start(route.exec, route.version, body, context);
    case 'resize':
      return resize(route, context);
    case 'outcome':
      return outcome(route.exec, route.version, context);
  }
}

function ask({ endpoint, clock, signal }: CallContext, method: 'GET' | 'HEAD' | 'POST', path: string, body?: object): Promise<Reply> {
  return askDaemon(endpoint, { method, path, clock, signal, ...(body && { body }) });
}

async function inspect(wanted: string, version: string, context: CallContext): Promise<Answer> {
  const own = await resolve(wanted, context);
  if (isRefusal(own)) return own;
  const reply = await ask(context, 'GET', `${version}/containers/${own.id}/json`);
  return reply.status === 200 ? withJson(reply, inspectView(JSON.parse(reply.body.toString()) as Record<string, unknown>)) : reply;
}

async function create(wanted: string, version: string, body: Buffer, context: CallContext): Promise<Answer> {
  const exec = parseCreate(body);
  if (isRefusal(exec)) return exec;
  const own = await resolve(wanted, context);
  if (isRefusal(own)) return own;
  if (exec.User) {
    const { status, body } = await ask(context, 'GET', `${version}/containers/${own.id}/json`);
    const user = status === 200 ? (JSON.parse(body.toString()) as { Config: { User: string } }).Config.User : '';
    const refused = checkUser(exec.User, user);
    if (refused) return refused;
  }
  const reply = await ask(context, 'POST', `${version}/containers/${own.id}/exec`, exec);
  if (reply.status === 201) context.execs.set((JSON.parse(reply.body.toString()) as { Id: string }).Id, 'idle');
  return reply;
}

async function start(exec: string, version: string, body: Buffer, context: CallContext): Promise<Answer | RawStream> {
  const options = parseStart(body);
  if (isRefusal(options)) return options;
  if (context.execs.get(exec) === undefined)
    return refuse('this command was not made through this socket, or before its keeper was restarted');
  const path = `${version}/exec/${exec}/start`;
  if (options.Detach) return ask(context, 'POST', path, options);
  return openStream(context.endpoint, { method: 'POST', path, body: options, clock: context.clock, signal: context.signal });
}

async function resize({ exec, height, width, version }: Extract<Route, { kind: 'resize' }>, context: CallContext): Promise<Answer> {
  if (context.execs.get(exec) === undefined)
    return refuse('this command was not made through this socket, or before its keeper was restarted');
  return ask(context, 'POST', `${version}/exec/${exec}/resize?h=${height}&w=${width}`);
}

/**
 * The result of a command. If its streams broke before its end, the result is refused, because clients take the end of a stream together with
 * "no exit code yet" for success. A command that this server does not remember (the keeper was restarted) counts as broken, unless it was
 * detached.
 */
async function outcome(exec: string, version: string, context: CallContext): Promise<Answer> {
  const state = context.execs.get(exec);
  if (state === 'cut') return conflict(exec);
  const reply = await ask(context, 'GET', `${version}/exec/${exec}/json`);
  if (state !== undefined) return reply;
  const unknown = refuse('this command was not made in a container of this worker');
  if (reply.status !== 200) return reply.status === 404 ? unknown : reply;
  const found = JSON.parse(reply.body.toString()) as Partial<Record<string, unknown>>;
  const own = (await context.containers()).some(({ id }) => id === found['ContainerID']);
  if (!own) return unknown;
  return found['OpenStdin'] || found['OpenStdout'] || found['OpenStderr'] ? conflict(exec) : reply;
}

async function resolve(wanted: string, context: CallContext): Promise<OwnContainer | Refusal> {
  return findOwn(await context.containers(), wanted) ?? refuse(`${wanted} is not a container of this worker in which commands can run`);
}

function conflict(exec: string): Reply {
  return message(409, `the streams of ${exec} broke before its end: its result is unknown`);
}

/** An answer of this socket itself, in the daemon's form. */
export function message(status: number, text: string): Reply {
  return withJson({ status, headers: { 'content-type': 'application/json' }, body: Buffer.alloc(0) }, { message: text });
}

function withJson(reply: Reply, value: unknown): Reply {
  return { ...reply, body: Buffer.from(`${JSON.stringify(value)}\n`) };
}

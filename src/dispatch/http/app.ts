import { Readable } from 'node:stream';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../../clock.js';
import { MayflyError, toMayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { parseBody } from '../outside/body.js';
import type { Token, Tokens } from '../store/store.js';
import { authorize } from './authorize.js';
import { toErrorDocument } from './documents.js';
import { assertDirect } from './guard.js';
import { parseInput } from './input.js';
import { openApi } from './openapi.js';
import type { Reply, Route } from './route.js';
import { streamOf, streamReply } from './stream-body.js';
import { sendStream } from './streams/body.js';

/** The largest body of a usual request, in bytes: a spec file may have as many. */
const largestBody = 1_048_576;

export interface AppOptions {
  routes: readonly Route[];
  tokens: Pick<Tokens, 'find'>;
  log: Log;
  version: string;
  clock: Clock;
  /** See `assertDirect`. */
  hosts: readonly string[];
  /** `route`: its path with variable parts. */
  onReply(method: string, route: string, status: number): void;
}

/** Makes the API of its routes: token, scope, query and body are checked before a route's handler is called. */
export function makeApp({ routes, tokens, log, version, clock, hosts, onReply }: AppOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    assertDirect({ host: context.req.header('host'), origin: context.req.header('origin') }, hosts);
    await next();
    context.header('x-content-type-options', 'nosniff');
    context.header('cache-control', 'no-store');
  });
  const answer = async (one: Route, token: Token, context: Context): Promise<Response> => {
    const reply = await replyOf(one, token, context).catch((thrown: unknown) => {
      const error = toMayflyError(thrown);
      if (!one.refusal || error.code === 'internal') throw thrown;
      return one.refusal(error);
    });
    if ('stream' in reply) return sendStream(context, reply.stream, clock);
    if (reply.body instanceof Readable) return streamReply(context, reply.body, reply.headers ?? {}, log);
    if (typeof reply.body === 'string') return context.text(reply.body, reply.status as 200);
    return context.json(reply.body, reply.status as 200);
  };
  for (const one of routes) {
    app.use(one.path, async (context, next) => {
      await next();
      if (context.req.method === one.method.toUpperCase()) onReply(one.method, one.path, context.res.status);
    });
    const limited = limitOf(one);
    // The body is read after the check of the token: others cannot fill the memory.
    app.on(one.method.toUpperCase(), one.path, async (context) => {
      const token = one.scope === null ? null : await authorize(one.scope, context.req.header('authorization'), tokens);
      return limited(context, async () => {
        context.res = await answer(one, token!, context);
      });
    });
  }
  const document = openApi(routes, version);
  app.get('/v1/openapi.json', (context) => context.json(document));
  for (const path of new Set(routes.map((one) => one.path))) {
    const allow = routes.filter((one) => one.path === path).map(({ method }) => method.toUpperCase());
    app.all(path, (context) => {
      context.header('allow', allow.join(', '));
      return fail(context, unknownPath(context), 405);
    });
  }
  app.notFound((context) => fail(context, unknownPath(context)));
  app.onError((thrown, context) => {
    const error = toMayflyError(thrown);
    if (error.code === 'internal') log.warn({ err: thrown, method: context.req.method, path: context.req.path }, 'a request failed');
    return fail(context, error);
  });
  return app;
}

/** Refuses a larger body than the route's. */
function limitOf({ streamed, largest = largestBody }: Route): MiddlewareHandler {
  if (streamed !== undefined) return (_context, next) => next();
  return bodyLimit({ maxSize: largest, onError: (context) => fail(context, tooLarge(largest), 413) });
}

async function replyOf(one: Route, token: Token, context: Context): Promise<Reply> {
  const body = one.body && parseInput(one.body, await readJson(context), 'body');
  const query = one.query && parseInput(one.query, context.req.query(), 'query');
  const stream = () => streamOf(context);
  return one.handle({ token, params: context.req.param(), body, query, stream, header: (name) => context.req.header(name) });
}

async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text();
  return text === '' ? {} : parseBody(text);
}

function fail(context: Context, error: MayflyError, status = error.httpStatus): Response {
  if (error.retryAfter !== undefined) context.header('retry-after', String(error.retryAfter));
  return context.json(toErrorDocument(error), status as 400);
}

function tooLarge(bytes: number): MayflyError {
  const cause = `is larger than ${Math.floor(bytes / 1_048_576)} MB`;
  return new MayflyError('usage', { place: { path: 'body' }, cause, remedy: 'send a smaller body' });
}

function unknownPath({ req: { method, path } }: Context): MayflyError {
  return new MayflyError('not_found', { place: { path }, cause: `there is no ${method} here`, remedy: 'see /v1/openapi.json' });
}

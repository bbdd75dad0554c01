import { systemClock } from '../../../src/clock.js';
import { makeApp } from '../../../src/dispatch/http/app.js';
import { nodeRoutes } from '../../../src/dispatch/http/routes/nodes.js';
import type { Scope, Token } from '../../../src/dispatch/store/store.js';
import { makeToken } from '../../../src/dispatch/tokens.js';
import { installation, type Service } from '../scene.js';

export interface Answer<T> {
  status: number;
  body: T;
}

/** The HTTP of a service, for a token of an organisation. */
export function apiOf({ dispatcher, store, log }: Service, { organisation = 'team', scopes = ['admin'] as readonly Scope[] } = {}) {
  const { token, text } = makeToken(Buffer.alloc(38, 7), { organisation, scopes, now: 0 });
  const tokens = { find: (id: string): Promise<Token | null> => Promise.resolve(id === token.id ? token : null) };
  const write = (_fields: object, message: string) => void log.push(message);
  const app = makeApp({
    routes: nodeRoutes({ dispatcher, store, margin: 0, installation }),
    tokens,
    log: { info: write, warn: write },
    version: 'test',
    clock: systemClock,
    hosts: [],
    onReply() {},
  });
  return async <T = Record<string, unknown>>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer<T>> => {
    const response = await app.request(path, {
      method,
      headers: { host: 'localhost', authorization: `Bearer ${text}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  };
}

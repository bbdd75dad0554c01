// Loaded late by a plan; here at once, since the clock does not wait for a module.
import '../../memory/stack.js';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { composeService, type ComposeParts, type ServedNode } from '../../../src/dispatch/compose.js';
import { defaultTerms } from '../../../src/dispatch/nodes/terms.js';
import { nothingAllowed } from '../../../src/dispatch/outside/rules.js';
import { ResultsDirectory } from '../../../src/dispatch/results/directory.js';
import { noPublisher } from '../../../src/dispatch/results/publisher.js';
import { findStoreKey } from '../../../src/dispatch/secrets/key.js';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import type { Organisation } from '../../../src/dispatch/settings/parse.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import type { Scope, Store } from '../../../src/dispatch/store/store.js';
import { makeToken } from '../../../src/dispatch/tokens.js';
import { watching, type Watching } from '../../lease/watching.js';
import type { Client } from '../../memory/scene.js';
import { untilIdle } from '../../support/idle.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { installation } from '../scene.js';

export interface Answer {
  status: number;
  /** Parsed JSON, or the text. */
  body: unknown;
  text: string;
  headers: Headers;
}

export interface Ask {
  method?: string;
  token?: string | null;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** The API over a node in memory, without sockets. */
export interface Api extends Omit<Watching, 'client'> {
  app: ReturnType<typeof composeService>['app'];
  upgrades: ReturnType<typeof composeService>['upgrades'];
  callbacks: ReturnType<typeof composeService>['callbacks'];
  streams: ReturnType<typeof composeService>['streams'];
  client: Client;
  store: Store;

  /** Lines of the log: fields and message as JSON. */
  log: string[];
  directory: string;
  /** Of the organisation `team`, with all scopes. */
  token: string;
  tokenOf(organisation: string, scope: Scope): Promise<string>;
  ask(path: string, options?: Ask): Promise<Answer>;
  /** Moves the clock until a run has the state; returns its document. */
  until(id: string, state: string, token?: string): Promise<Record<string, unknown>>;
}

export const request = { name: 'one', max_duration: 300, engine: { image: 'alpine:3.20', command: ['serve'] } };

export function servedNode(more: Partial<ServedNode> = {}): ServedNode {
  return { name: 'memory', asUser: false, functions: false, allow: nothingAllowed, terms: defaultTerms, ...more };
}

export function organisation(more: Partial<Organisation> = {}): Organisation {
  return { allow: nothingAllowed, most: {}, guaranteed: {}, maxDuration: null, rate: null, budget: null, ...more };
}

export async function api(more: Partial<ComposeParts> = {}): Promise<Api> {
  const watched = await watching();
  await watched.start();
  const directory = await tempDir('api');
  const store = await openStore({ directory, version: 'test' });
  const client = watched.client();
  const log: string[] = [];
  const write = (fields: object, message: string) => void log.push(`${JSON.stringify(fields)} ${message}`);
  const { dispatcher, callbacks, streams, app, upgrades } = composeService({
    ...{
      runtime: client,
      store,
      installation: { id: installation, recovering: false, recovered: () => Promise.resolve() },
      randomBytes,
      version: 'test',
      settings: defaultDispatchSettings,
    },
    organisations: new Map(),
    hosts: ['mayfly.test'],
    ...{
      results: new ResultsDirectory(join(directory, 'results'), (more.settings ?? defaultDispatchSettings).results),
      publisher: noPublisher,
    },
    nodes: [servedNode()],
    key: findStoreKey({ env: {}, file: join(directory, 'store.key'), random: randomBytes }),
    log: { info: write, warn: write },
    random: () => 0,
    send: () => Promise.reject(new Error('there is no network')),
    hooks: [],
    moduleProgram: ['/node', '/wasm-task.mjs'],
    ready: () => true,
    ...more,
  });
  afterTest(async () => {
    await dispatcher.close();
    await store.close();
  });
  await dispatcher.start();
  await untilIdle();
  const tokenOf = async (organisation: string, scope: Scope) => {
    const { token, text } = makeToken(randomBytes(38), { organisation, scopes: [scope], now: 0 });
    await store.tokens.add(token);
    return text;
  };
  const token = await tokenOf('team', 'admin');
  const ask: Api['ask'] = async (path, { method, token: given = token, body, headers } = {}) => {
    const answer = await app.request(`http://127.0.0.1:7311${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        host: '127.0.0.1:7311',
        ...(given !== null && { authorization: `Bearer ${given}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    await untilIdle();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, text, headers: answer.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
  };
  return {
    ...{ ...watched, app, upgrades, callbacks, streams, store, client, log, directory, token, tokenOf, ask },
    async until(id, state, by = token) {
      for (let left = 300; left > 0; left -= 1) {
        const run = (await ask(`/v1/runs/${id}`, { token: by })).body as Record<string, unknown>;
        if (run['state'] === state) return run;
        await watched.clock.advance(1000);
      }
      throw new Error(`not ${state}: ${(await ask(`/v1/runs/${id}`)).text}`);
    },
  };
}

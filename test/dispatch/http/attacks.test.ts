import { describe, expect, test } from 'vitest';
import { assertDirect } from '../../../src/dispatch/http/guard.js';
import { mayUse, tokenOf } from '../../../src/dispatch/tokens.js';
import { workerNameOf } from '../../../src/dispatch/worker-name.js';
import { applyWorker } from '../../../src/worker/apply.js';
import { smallSpec } from '../../memory/scene.js';
import { installation } from '../scene.js';
import { api, request, type Api, type Answer } from './scene.js';

/** An attack by a request. `open`: the same request with the guard's condition met, which succeeds. */
interface Attack {
  open: (scene: Api & { victim: string }) => Promise<Answer>;
  attack: (scene: Api & { victim: string }) => Promise<Answer>;
  status: number;
}

const path = (run: string, rest = '') => `/v1/runs/${run}${rest}`;
const fromOther = (rest: string, options: { method?: string; body?: unknown } = {}): Attack => ({
  open: ({ ask, victim }) => ask(path(victim, rest), options),
  attack: async ({ ask, victim, tokenOf: make }) => ask(path(victim, rest), { ...options, token: await make('other', 'admin') }),
  status: 404,
});
const withToken = (change: (token: string) => string): Attack => ({
  open: ({ ask }) => ask('/v1/runs'),
  attack: ({ ask, token }) => ask('/v1/runs', { token: change(token) }),
  status: 401,
});
const withHeaders = (headers: Record<string, string>): Attack => ({
  open: ({ ask }) => ask('/v1/runs'),
  attack: ({ ask }) => ask('/v1/runs', { headers }),
  status: 403,
});
const withScope = (scope: 'read' | 'submit', at: string, options: { method?: string; body?: unknown }): Attack => ({
  open: async ({ ask, tokenOf: make }) => ask(at, { ...options, token: await make('default', 'admin') }),
  attack: async ({ ask, tokenOf: make }) => ask(at, { ...options, token: await make('default', scope) }),
  status: 403,
});

const elsewhere = '11111111-0000-4000-8000-00000000abcd';
/** A run of another service. */
const foreign = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6';

/** The body of an import that no service has exported. */
function forged({ id, maker, revision = 1, worker = true }: { id: string; maker: string; revision?: number; worker?: boolean }) {
  const time = new Date(0).toISOString();
  const run = {
    ...{ version: 1, from: elsewhere, to: installation, id, revision, name: 'one', asks: { cpu: 500, memory: 512, storage: 0 } },
    ...{ priority: 1, labels: {}, most_attempts: 1, max_wait: null, tries: 0, reached: 0, avoid: null, attempt: 1, created: time },
    ...{ last_try: time, not_before: null, max_wait: null, events: [] },
    worker: worker ? { installation: maker, node: 'memory', until: null, ready: null } : null,
    attempts: [{ number: 1, node: 'memory', started: time, ready: null, ended: null, price: 0, cost: 0, error: null }],
  };
  return { run, spec: request };
}

const attacks: Record<string, Record<string, Attack>> = {
  organisations: {
    "another organisation's run": fromOther(''),
    "another organisation's events": fromOther('/events'),
    "another organisation's access": fromOther('/access'),
    "a cancel of another organisation's run": fromOther('/cancel', { body: {} }),
    "an export of another organisation's run": fromOther('/export', { body: { to: elsewhere } }),
    "an import of another organisation's run, by its id": {
      open: async ({ ask, victim }) => {
        await ask(path(victim, '/export'), { body: { to: elsewhere } });
        return ask('/v1/runs/import', { body: forged({ id: victim, maker: installation, revision: 100 }) });
      },
      attack: async ({ ask, victim, tokenOf: make }) =>
        ask('/v1/runs/import', { body: forged({ id: victim, maker: installation }), token: await make('other', 'admin') }),
      status: 409,
    },
    'an import of a worker that another service has made for another organisation': {
      open: async ({ ask, tokenOf: make }) =>
        ask('/v1/runs/import', { body: forged({ id: foreign, maker: elsewhere }), token: await make('victim', 'admin') }),
      attack: async (scene) => {
        const name = workerNameOf(foreign, 1);
        const made = applyWorker(scene.client, smallSpec({ name, organization_id: 'victim' }), {
          strict: false,
          birth: { dispatcher: elsewhere, name: 'one' },
        });
        await scene.clock.advance(5000);
        await made;
        return scene.ask('/v1/runs/import', {
          body: forged({ id: foreign, maker: elsewhere }),
          token: await scene.tokenOf('other', 'admin'),
        });
      },
      status: 409,
    },
    'an import of a worker of the command line': {
      open: async ({ ask }) => ask('/v1/runs/import', { body: { ...forged({ id: foreign, maker: elsewhere, worker: false }) } }),
      attack: async ({ ask, client, clock }) => {
        const made = applyWorker(client, smallSpec({ name: workerNameOf(foreign, 1), organization_id: 'team' }), { strict: false });
        await clock.advance(5000);
        await made;
        return ask('/v1/runs/import', { body: forged({ id: foreign, maker: elsewhere }) });
      },
      status: 409,
    },
    "a token for another organisation, made by its neighbour's administrator": {
      open: async ({ ask, tokenOf: make }) =>
        ask('/v1/tokens', { body: { scope: 'admin', organisation: 'victim' }, token: await make('default', 'admin') }),
      attack: ({ ask }) => ask('/v1/tokens', { body: { scope: 'admin', organisation: 'victim' } }),
      status: 403,
    },
    "the removal of another organisation's token": {
      open: async ({ ask, tokenOf: make }) => ask(`/v1/tokens/${(await make('team', 'read')).slice(4, 16)}`, { method: 'DELETE' }),
      attack: async ({ ask, tokenOf: make }) => ask(`/v1/tokens/${(await make('victim', 'read')).slice(4, 16)}`, { method: 'DELETE' }),
      status: 404,
    },
    'a node that is closed for all by one organisation': {
      open: async ({ ask, tokenOf: make }) => ask('/v1/nodes/memory/cordon', { method: 'POST', token: await make('default', 'admin') }),
      attack: ({ ask }) => ask('/v1/nodes/memory/cordon', { method: 'POST' }),
      status: 403,
    },
  },
  tokens: {
    'no token': withToken(() => ''),
    'the id with another secret': withToken((token) => `${token.slice(0, 17)}${'A'.repeat(43)}`),
    'the id without a secret': withToken((token) => token.slice(0, 17)),
    'a shortened secret': withToken((token) => token.slice(0, -1)),
    'a longer secret': withToken((token) => `${token}A`),
    'a token in the URL': {
      open: ({ ask }) => ask('/v1/runs'),
      attack: ({ ask, token }) => ask(`/v1/runs?token=${token}&access_token=${token}`, { token: null }),
      status: 401,
    },
    'a removed token': {
      open: ({ ask }) => ask('/v1/runs'),
      attack: async ({ ask, tokenOf: make }) => {
        const token = await make('team', 'read');
        await ask(`/v1/tokens/${token.slice(4, 16)}`, { method: 'DELETE' });
        return ask('/v1/runs', { token });
      },
      status: 401,
    },
    'a reader who submits': withScope('read', '/v1/runs', { body: { spec: request } }),
    'a submitter who exports': {
      open: ({ ask, victim }) => ask(path(victim, '/export'), { body: { to: elsewhere } }),
      attack: async ({ ask, victim, tokenOf: make }) =>
        ask(path(victim, '/export'), { body: { to: elsewhere }, token: await make('team', 'submit') }),
      status: 403,
    },
    'a submitter who makes tokens': withScope('submit', '/v1/tokens', { body: { scope: 'admin' } }),
    'a submitter who lists tokens': withScope('submit', '/v1/tokens', {}),
  },
  'requests of web pages': {
    'a page of another site': withHeaders({ origin: 'https://evil.example.com' }),
    'a page without a site': withHeaders({ origin: 'null' }),
    "a name that was bound to the service's address": withHeaders({ host: 'evil.example.com:7311' }),
    'a name that ends like its own': withHeaders({ host: 'notmayfly.test' }),
    'a name with an address in it': withHeaders({ host: '127.0.0.1.evil.example.com' }),
  },
};

for (const [section, some] of Object.entries(attacks)) {
  describe(`attacks on the API, ${section}`, () => {
    test.each(Object.entries(some))('%s', async (_, { open, attack, status }) => {
      const scene = await api();
      const { id: victim } = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
      await scene.until(victim, 'running');
      expect((await attack({ ...scene, victim })).status).toBe(status);
      expect((await open({ ...scene, victim })).status, 'without the guard').toBeLessThan(300);
    });
  });
}

test.each(['127.0.0.1:7311', 'localhost', 'LOCALHOST:80', '[::1]:7311', '10.1.2.3', 'mayfly.test', 'Mayfly.Test:443'])(
  'the host %s is its own',
  (host) => {
    expect(() => assertDirect({ host, origin: undefined }, ['mayfly.test'])).not.toThrow();
    expect(() => assertDirect({ host, origin: `https://${host}` }, ['mayfly.test'])).not.toThrow();
  },
);

test.each([undefined, '', 'a b', 'x@localhost', 'localhost:7311:1', 'localhost/'])('the host %s is refused', (host) => {
  expect(() => assertDirect({ host, origin: undefined }, ['mayfly.test'])).toThrow('is not a name of this service');
});

test('scopes', () => {
  const may = (organisation: string, scope: 'read' | 'submit' | 'admin') =>
    (['read', 'submit', 'admin', 'operator'] as const).filter((one) => mayUse({ organisation, scopes: [scope] }, one));
  expect(may('team', 'read')).toEqual(['read']);
  expect(may('team', 'submit')).toEqual(['read', 'submit']);
  expect(may('team', 'admin')).toEqual(['read', 'submit', 'admin']);
  expect(may('default', 'submit')).toEqual(['read', 'submit']);
  expect(may('default', 'admin')).toEqual(['read', 'submit', 'admin', 'operator']);
});

test('a token that is not in the store takes the same comparison', async () => {
  expect(await tokenOf(`Bearer mfy_${'0'.repeat(12)}_${'A'.repeat(43)}`, { find: () => Promise.resolve(null) })).toBeNull();
});

test('a made token works at once, its secret is in no other answer, and its list is of the own organisation', async () => {
  const { ask, tokenOf: make } = await api();
  await make('victim', 'read');
  const { status, body } = await ask('/v1/tokens', { body: { scope: 'submit' } });
  const { id, token } = body as { id: string; token: string };
  expect([status, token.startsWith(`mfy_${id}_`)]).toEqual([201, true]);
  expect((await ask('/v1/runs', { token })).status).toBe(200);
  const list = await ask('/v1/tokens');
  expect((list.body as { tokens: { organisation: string }[] }).tokens.map(({ organisation }) => organisation)).toEqual(['team', 'team']);
  expect(list.text).not.toContain(token.slice(17));
  expect((await ask('/v1/tokens', { token: await make('default', 'admin') })).text).toContain('"victim"');
});

test('unknown paths and methods have the error document', async () => {
  const { ask } = await api();
  expect(await ask('/v1/nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  const wrong = await ask('/v1/runs', { method: 'PUT', body: {} });
  expect([wrong.status, wrong.headers.get('allow'), wrong.headers.get('x-content-type-options')]).toEqual([405, 'POST, GET', 'nosniff']);
  expect((await ask('/v1/runs', { method: 'OPTIONS' })).status).toBe(405);
  expect(await ask('/healthz', { method: 'HEAD', token: null })).toMatchObject({ status: 200, text: '' });
});

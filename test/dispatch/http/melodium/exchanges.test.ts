import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Api, api } from '../scene.js';
import { request, uuid } from './request.js';

/** A request of the client 0.11.0, and the answer that it understands. `RUN` and `KEY` stand for values that are drawn. */
interface Exchange {
  /** The state of the run before. */
  when?: 'running' | 'failed';
  request: { method: string; path: string; body?: object | 'request.json' };
  response: { status: number; body: object };
}

const scenarios = JSON.parse(readFileSync(new URL('exchanges.json', import.meta.url), 'utf8')) as Record<string, Exchange[]>;

test.each(Object.entries(scenarios))('recorded: %s', async (_, exchanges) => {
  const scene = await api();
  const drawn: Record<string, string> = {};
  const filled = <T>(value: T): T => JSON.parse(JSON.stringify(value).replace(/\b(RUN|KEY)\b/g, (name) => drawn[name] ?? name)) as T;
  for (const { when, request: asked, response } of exchanges) {
    if (when) drawn['KEY'] = await reach(scene, drawn['RUN']!, when);
    const { method, path, body } = filled(asked);
    const answer = await scene.ask(path, { method, ...(body !== undefined && { body: body === 'request.json' ? request : body }) });
    const { ok } = answer.body as { ok?: string };
    if (ok !== undefined && uuid.test(ok)) drawn['RUN'] ??= ok;
    expect([answer.status, answer.body]).toEqual([response.status, filled(response.body)]);
  }
});

/** Brings the run into a state. @returns the engine's receive key */
async function reach({ until, ask, hand }: Api, id: string, state: 'running' | 'failed'): Promise<string> {
  const { worker } = await until(id, 'running');
  const { access } = (await ask(`/v1/runs/${id}/access`)).body as { access: { remote_key: string } };
  if (state === 'failed') {
    hand.exit(worker as string, 'engine', 3);
    await until(id, 'failed');
  }
  return access.remote_key;
}

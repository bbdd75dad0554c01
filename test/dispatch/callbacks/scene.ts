import type { ComposeParts } from '../../../src/dispatch/compose.js';
import { untilIdle } from '../../support/idle.js';
import { afterTest } from '../../support/temp-dir.js';
import { type Api, api } from '../http/scene.js';
import { type Receivers, receivers } from './receivers.js';

export interface DeliveryDocument {
  id: string;
  type: string;
  run: string | null;
  state: string;
  next_try: string | null;
  tries: { at: string; ms: number; status: number | null; error: string | null }[];
}

export interface Scene extends Omit<Api, 'at'>, Receivers {
  /** Makes a webhook of the organisation `team`. */
  hook(url: string, more?: Record<string, unknown>): Promise<{ id: string; secret: string }>;
  /** Submits a run, and waits until it is ready. */
  run(more?: Record<string, unknown>): Promise<string>;
  deliveries(webhook: string, query?: string): Promise<DeliveryDocument[]>;
}

export const request = { name: 'one', max_duration: 120, engine: { image: 'alpine:3.20', command: ['serve'] } };

/** The service with callbacks, on a clock that the test moves. */
export async function callbacks(more: Partial<ComposeParts> = {}): Promise<Scene> {
  const { at: _, ...scene }: Api = await api({ ...more, send: (post) => remote.send(post) });
  const remote = receivers(() => scene.clock);
  const stop = new AbortController();
  const running = scene.callbacks.run(stop.signal);
  afterTest(async () => {
    stop.abort();
    await running;
  });
  await untilIdle();
  return {
    ...{ ...scene, ...remote },
    async hook(url, fields = {}) {
      const { status, body, text } = await scene.ask('/v1/webhooks', { body: { url, ...fields } });
      if (status !== 201) throw new Error(text);
      return body as { id: string; secret: string };
    },
    async run(fields = {}) {
      const { id } = (await scene.ask('/v1/runs', { body: { spec: { ...request, ...fields } } })).body as { id: string };
      await scene.until(id, 'running');
      return id;
    },
    async deliveries(webhook, query = '') {
      return ((await scene.ask(`/v1/webhooks/${webhook}/deliveries${query}`)).body as { deliveries: DeliveryDocument[] }).deliveries;
    },
  };
}

import type * as z from 'zod';
import {
  accessReply,
  type EventReply,
  eventsReply,
  type NodeReply,
  nodeReply,
  nodesReply,
  type OfferReply,
  offersReply,
  type RunReply,
  runReply,
  runsReply,
  type WhyReply,
  whyReply,
} from './documents.js';
import { eventsOf } from './events.js';
import { type Connection, send } from './http.js';

export interface RunFilter {
  state?: string | undefined;
  name?: string | undefined;
}

/** How many workers do the tasks of a run. */
export interface AskedWorkers {
  min: number;
  max: number;
  /** The fleet that lends them. */
  aux?: string;
}

/** The API of `mayfly serve`, typed. Every method throws as `send` does. */
export class ServiceClient {
  constructor(private readonly connection: Connection) {}

  /** Queues a run. A repeated request with the key returns the first one's run. @throws MayflyError `key_reused` for another spec */
  submit(
    spec: unknown,
    { key, labels, workers = null }: { key: string; labels: Readonly<Record<string, string>>; workers?: AskedWorkers | null },
  ): Promise<RunReply> {
    const body = { spec, labels, ...(workers && { workers }) };
    return send(this.connection, { method: 'POST', path: 'v1/runs', body, key, reply: runReply });
  }

  /** Each node's answer to a spec. Nothing is stored. */
  async offers(spec: unknown): Promise<OfferReply[]> {
    return (await send(this.connection, { method: 'POST', path: 'v1/offers', body: { spec }, reply: offersReply })).offers;
  }

  /** A page of runs, the newest first. `next`: `after` of the following page; `null` on the last one. */
  runs(filter: RunFilter, page: { after?: string | undefined; limit: number }): Promise<{ runs: RunReply[]; next: string | null }> {
    return send(this.connection, { method: 'GET', path: 'v1/runs', query: { ...filter, ...page }, reply: runsReply });
  }

  /** All runs. */
  async allRuns(filter: RunFilter): Promise<RunReply[]> {
    const all: RunReply[] = [];
    for (let after: string | undefined; ;) {
      const { runs, next } = await this.runs(filter, { after, limit: 500 });
      all.push(...runs);
      if (next === null) return all;
      after = next;
    }
  }

  /** A run with its attempts. */
  run(id: string): Promise<RunReply> {
    return send(this.connection, { method: 'GET', path: pathOf(id), reply: runReply });
  }

  /** The first 1000 events of a run after the one with this number, the oldest first. */
  async events(id: string, after = 0): Promise<EventReply[]> {
    const query = { after, limit: 1000 };
    return (await send(this.connection, { method: 'GET', path: `${pathOf(id)}/events`, query, reply: eventsReply })).events;
  }

  /** Follows the events of a run after those that it has, over one connection: yields when the stream is open, and after events. */
  changes(id: string, signal: AbortSignal): AsyncGenerator<unknown> {
    return eventsOf(this.connection, `${pathOf(id)}/events`, signal);
  }

  /** Values of the outputs of a running run's worker, secret ones too. */
  access(id: string): Promise<z.infer<typeof accessReply>> {
    return send(this.connection, { method: 'GET', path: `${pathOf(id)}/access`, reply: accessReply });
  }

  /** Asks for the end of a run. Its worker may live for some seconds more. */
  cancel(id: string, justification: string): Promise<RunReply> {
    return send(this.connection, { method: 'POST', path: `${pathOf(id)}/cancel`, body: { justification }, reply: runReply });
  }

  /** Moves the end of a running run. `seconds`: negative for an earlier end. */
  extend(id: string, seconds: number): Promise<RunReply> {
    return send(this.connection, { method: 'POST', path: `${pathOf(id)}/extend`, body: { seconds }, reply: runReply });
  }

  /** Why a run waits. */
  why(id: string): Promise<WhyReply> {
    return send(this.connection, { method: 'GET', path: `${pathOf(id)}/why`, reply: whyReply });
  }

  async nodes(): Promise<NodeReply[]> {
    return (await send(this.connection, { method: 'GET', path: 'v1/nodes', reply: nodesReply })).nodes;
  }

  /** Opens or closes a node for new runs. `by`: of a drain, ISO 8601. Needs a token with the scope admin. */
  setCordon(node: string, operation: 'cordon' | 'uncordon' | 'drain', by?: string): Promise<NodeReply> {
    const path = `v1/nodes/${encodeURIComponent(node)}/${operation}`;
    return send(this.connection, { method: 'POST', path, body: { ...(by !== undefined && { by }) }, reply: nodeReply });
  }
}

function pathOf(id: string): string {
  return `v1/runs/${encodeURIComponent(id)}`;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request as handlers and fault matchers see it: without the version prefix. */
export interface FakeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Parsed JSON; an empty object where there is none. */
  body: unknown;
  headers: IncomingMessage['headers'];
}

export interface Exchange extends FakeRequest {
  /** What the route's pattern caught. */
  params: string[];
  req: IncomingMessage;
  /** Absent in an upgraded exchange. */
  res: ServerResponse | null;
  /** The raw connection, in an upgraded exchange. */
  hijacked: { socket: Duplex; head: Buffer } | null;
}

/** `undefined`: the handler has taken the connection over and streams by itself. */
export type Reply = { status: number; body?: unknown } | undefined;
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;
export type Route = [method: string, pattern: RegExp, handler: Handler];

/** What the daemon says instead of doing it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** `filters` comes as lists, or in its older form as maps to true. */
export function filtersOf(query: URLSearchParams): Record<string, string[]> {
  const raw = query.get('filters');
  if (!raw) return {};
  const parsed = JSON.parse(raw) as Record<string, string[] | Record<string, boolean>>;
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, Array.isArray(value) ? value : Object.keys(value)]));
}

/** All of the wanted labels, each `key` or `key=value`. */
export function hasLabels(labels: Record<string, string>, wanted: readonly string[] = []): boolean {
  return wanted.every((want) => {
    const at = want.indexOf('=');
    return at < 0 ? want in labels : labels[want.slice(0, at)] === want.slice(at + 1);
  });
}

export function flag(query: URLSearchParams, name: string): boolean {
  return /^(1|true|True)$/.test(query.get(name) ?? '');
}

/** One frame of a stream that carries stdout and stderr apart. */
export function frame(stream: 'stdout' | 'stderr', text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

import type { Readable } from 'node:stream';
import type * as z from 'zod';
import type { MayflyError } from '../../errors.js';
import type { Scope, Token } from '../store/store.js';
import type { StreamBody } from './streams/body.js';

/** One operation of the API: routing, checks and the OpenAPI document are made from it. */
export interface Route<Body = unknown, Query = unknown> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Such as `/v1/runs/:id`. */
  path: string;
  summary: string;
  /** `null`: for everybody. `operator`: see `isOperator`. */
  scope: Scope | 'operator' | null;
  body?: z.ZodType<Body>;
  /** The largest body, in bytes. Default: 1 MB. */
  largest?: number;
  /** The media type of a body that the handler reads as a stream. It has no limit of size or time, but its sender may not be silent. */
  streamed?: string;
  query?: z.ZodType<Query>;
  /** The media type of an answer 200 that is sent as it comes. */
  answerType?: string;
  /** Answers by their status. */
  replies: Readonly<Record<number, z.ZodType>>;
  handle(request: Asked<Body, Query>): Promise<Reply>;
  /** Answers a failed request with a valid token in the form of another API. Default: the error document, with the error's own status. */
  refusal?(error: MayflyError): Reply;
}

export interface Asked<Body, Query> {
  /** The organisation that asks; only of a route with a scope. */
  token: Token;
  /** The variable parts of the path. */
  params: Readonly<Record<string, string>>;
  body: Body;
  query: Query;
  /** The body of a route with `streamed`. The limit of silence begins with the call. */
  stream(): Readable;
  header(name: string): string | undefined;
}

export type Reply =
  | {
      status: number;
      /** JSON; a string is sent as text; a `Readable` as it is, and the connection is cut where it fails. */
      body: unknown;
      /** Of a `Readable`. */
      headers?: Readonly<Record<string, string>>;
    }
  | { status: 200; stream: StreamBody };

/** Keeps the types of body and query between the schemas and the handler. */
export function route<Body, Query>(definition: Route<Body, Query>): Route {
  return definition as unknown as Route;
}

import { rawRequest, type RawParts } from './raw-client.js';

export interface Scene {
  /** Containers of the worker: without a user, and with one. */
  own: string;
  app: string;
  ownName: string;
  engine: string;
  engineName: string;
  /** Of nobody, and of another worker. */
  stranger: string;
  strangerName: string;
  neighbour: string;
  neighbourName: string;
  /** Made at the daemon itself. */
  strangerExec: string;
  ownExec: string;
  /** Made through the socket. */
  madeExec: string;
}

export interface Attack {
  name: string;
  bytes: string;
  why: RegExp;
  /** What the filter itself may ask of the daemon to know; nothing where it is not said. */
  lookups?: string[];
}

export const list = 'GET /v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22dev.mayfly.worker%3Dw%22%5D%7D';

export const cmd = { Cmd: ['id'] };

export function row(name: string, line: string, why: RegExp, parts: RawParts & { lookups?: string[] } = {}): Attack {
  const { lookups, ...rest } = parts;
  return { name, bytes: rawRequest(line, rest), why, ...(lookups && { lookups }) };
}

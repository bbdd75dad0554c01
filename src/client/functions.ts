import * as z from 'zod';
import { type Connection, send } from './http.js';

const text = z.string();
const functionReply = z.looseObject({
  name: text,
  revision: text,
  digest: text,
  default: z.boolean(),
  command: z.array(text).nullable(),
  wasm: z.looseObject({ sha256: text, args: z.array(text) }).nullable(),
  container: text,
  timeout: z.number(),
  memory: z.number().nullable(),
  created: text,
});
export type FunctionReply = z.infer<typeof functionReply>;

const defaultReply = z.looseObject({ name: text, revision: text, previous: text.nullable() });
export type DefaultReply = z.infer<typeof defaultReply>;

/** The body of a new revision. */
export interface NewFunction {
  name: string;
  revision: string;
  command?: readonly string[];
  /** Base64. */
  wasm?: string;
  args?: readonly string[];
  container?: string;
  /** Seconds. */
  timeout: number;
  memory?: number;
  env?: Readonly<Record<string, string>>;
}

/** Adds a revision. The same one again changes nothing. Every function throws as `send` does. */
export function addFunction(connection: Connection, body: NewFunction): Promise<FunctionReply> {
  return send(connection, { method: 'POST', path: 'v1/functions', body, reply: functionReply });
}

/** All revisions, by name, the oldest first. */
export async function listFunctions(connection: Connection): Promise<FunctionReply[]> {
  const reply = z.looseObject({ functions: z.array(functionReply) });
  return (await send(connection, { method: 'GET', path: 'v1/functions', reply })).functions;
}

/** Makes a revision the default. */
export function switchFunction(connection: Connection, name: string, revision: string): Promise<DefaultReply> {
  return send(connection, { method: 'POST', path: `${pathOf(name)}/default`, body: { revision }, reply: defaultReply });
}

/** Makes the previous default the default again. */
export function rollBackFunction(connection: Connection, name: string): Promise<DefaultReply> {
  return send(connection, { method: 'POST', path: `${pathOf(name)}/rollback`, reply: defaultReply });
}

function pathOf(name: string): string {
  return `v1/functions/${encodeURIComponent(name)}`;
}

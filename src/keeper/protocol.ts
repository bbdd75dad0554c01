import * as z from 'zod/mini';
import { isNodeName } from '../spec/node-name.js';

/** A request to watch a node, with the settings that lead the keeper to the same node as the command. */
export const watchRequest = z.object({
  backend: z.string().check(z.refine(isNodeName)),
  endpoint: z.string(),
  /** The account, where one endpoint serves many: the AWS account of the command's credentials. */
  account: z.optional(z.string()),
  /** The environment variables that determine the node. */
  env: z.record(z.string(), z.string()),
  /** A new worker whose engine needs a socket at `place`. The keeper serves it while the connection is open, then while labels ask for it. */
  exec: z.optional(z.object({ worker: z.string(), place: z.string() })),
});
export type WatchRequest = z.infer<typeof watchRequest>;

/** A backend that does not answer the keeper. */
const silentBackend = z.object({
  backend: z.string(),
  endpoint: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  cause: z.string(),
});
export type SilentBackend = z.infer<typeof silentBackend>;

/** A reply. Requests and replies are one line of JSON each. The request `null` asks about the keeper itself, and names no backend. */
const watchReply = z.union([
  z.object({
    ok: z.literal(true),
    pid: z.number(),
    /** The program's version. Keepers of 0.1.0 before its release do not send it. */
    version: z.optional(z.string()),
    /** See `protocolNumber`; absent: 1. */
    protocol: z.optional(z.number()),
    silent: z.optional(z.array(silentBackend)),
  }),
  z.object({ ok: z.literal(false), cause: z.string() }),
]);
export type WatchReply = z.infer<typeof watchReply>;

/** 2: the keeper accepts nodes with names of their own, such as `docker@build-2`. */
export const protocolNumber = 2;

/** The longest line of a request or a reply, in characters. */
export const longestLine = 65_536;

/** Parses a reply. A malformed one counts as a refusal. */
export function parseReply(line: string): WatchReply {
  try {
    return watchReply.parse(JSON.parse(line));
  } catch {
    return { ok: false, cause: 'its reply is malformed' };
  }
}

/** Whether version `a` is older than `b`, both such as `1.2.3`. `undefined` is older than any. */
export function isOlder(a: string | undefined, b: string): boolean {
  if (a === undefined) return true;
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const differing = left.findIndex((number, index) => number !== right[index]);
  return differing >= 0 && left[differing]! < right[differing]!;
}

function numbersOf(version: string): [number, number, number] {
  const [, major = 0, minor = 0, patch = 0] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

import * as z from 'zod/mini';
import { isNodeName } from '../spec/node-name.js';

/** How the keeper opens a backend as the command that asks does: its name and the settings it is found by. */
export const watchRequest = z.object({
  backend: z.string().check(z.refine(isNodeName)),
  endpoint: z.string(),
  /** Whose it is, where one endpoint serves many: the AWS account that the command's credentials lead to. */
  account: z.optional(z.string()),
  /** Environment variables that decide which daemon or directory it is. */
  env: z.record(z.string(), z.string()),
  /** A worker that is about to be made and whose engine needs its socket: served as long as the connection lasts, then by label. */
  exec: z.optional(z.object({ worker: z.string(), place: z.string() })),
});
export type WatchRequest = z.infer<typeof watchRequest>;

/** A backend that the keeper cannot look at. */
const silentBackend = z.object({
  backend: z.string(),
  endpoint: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  cause: z.string(),
});
export type SilentBackend = z.infer<typeof silentBackend>;

/** One line of JSON each way; a request of `null` asks for the keeper itself. The keeper stays as long as the connection does. */
const watchReply = z.union([
  z.object({
    ok: z.literal(true),
    pid: z.number(),
    /** Of the program. Keepers of 0.1.0 before its release do not send one. */
    version: z.optional(z.string()),
    /** See `protocolNumber`; absent: 1. */
    protocol: z.optional(z.number()),
    silent: z.optional(z.array(silentBackend)),
  }),
  z.object({ ok: z.literal(false), cause: z.string() }),
]);
export type WatchReply = z.infer<typeof watchReply>;

/** 2: the keeper takes nodes with names of their own, such as `docker@build-2`. */
export const protocolNumber = 2;

/** The longest line of a request or a reply, in characters. */
export const longestLine = 65_536;

/** What came as a line. A reply that is not understood is a refusal. */
export function parseReply(line: string): WatchReply {
  try {
    return watchReply.parse(JSON.parse(line));
  } catch {
    return { ok: false, cause: 'its reply is not understood' };
  }
}

/** Whether a keeper of version `a` is older than one of `b`: `1.2.3` each. One without a version is older than any. */
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

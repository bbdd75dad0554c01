import { createHash } from 'node:crypto';

/** A function: a command, or a module of WebAssembly by its SHA-256. */
export type FunctionWork = { kind: 'command'; command: readonly string[] } | { kind: 'wasm'; module: string; args: readonly string[] };

/** One revision of a function. It never changes. */
export interface FunctionRevision {
  organisation: string;
  name: string;
  revision: string;
  /** SHA-256 of the contents as hex, without the values of variables, which may be secret. */
  digest: string;
  work: FunctionWork;
  /** The container of the worker that it is done in; `null`: the engine. */
  container: string | null;
  /** Milliseconds that a task of it may take. */
  timeout: number;
  /** MB of the container that a task uses: for a module, of linear memory. `null`: all of the container. */
  memory: number | null;
  /** Names of its variables. */
  env: readonly string[];
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** The revision that a task without one gets. */
export interface DefaultRevision {
  name: string;
  revision: string;
  /** The default before it, which a roll back returns to. */
  previous: string | null;
}

export type NewFunction = Omit<FunctionRevision, 'digest' | 'env'> & { env: Readonly<Record<string, string>> };

/** The revision of a new function, without the values of its variables. */
export function revisionOf({ env, ...asked }: NewFunction): FunctionRevision {
  const names = Object.keys(env).sort();
  const { work, container, timeout, memory } = asked;
  // The order of the keys is part of the digest.
  const parts = work.kind === 'command' ? { command: work.command } : { module: work.module, args: work.args };
  const text = JSON.stringify({ ...parts, container, timeout, memory, env: names });
  return { ...asked, env: names, digest: createHash('sha256').update(text).digest('hex') };
}

/** The first word of the command of a task whose function is a module. */
export function moduleWord(name: string): string {
  return `${name}.wasm`;
}

/** Whether the function of a task is a module. */
export function isModuleTask({ function: reference, command }: { function: string | null; command: readonly string[] }): boolean {
  return reference !== null && command[0] === moduleWord(reference.split('@')[0]!);
}

/** Bytes of the largest module. */
export const largestModule = 16 * 1_048_576;

const header = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** Whether bytes begin as a module of WebAssembly, version 1. Nothing else of a module is read outside of its sandbox. */
export function isModule(bytes: Uint8Array): boolean {
  return header.equals(bytes.subarray(0, header.length));
}

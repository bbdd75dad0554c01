import { createReadStream, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { MayflyError } from '../errors.js';
import type { Env } from './interpolate.js';
import { originOf } from './origin.js';
import { readSmall } from './read-small.js';
import type { LoadedSpec, ParseOptions } from './loaded-spec.js';

export interface LoadOptions {
  /** Absolute directory. Relative paths, and `file:` secrets of a spec from stdin, start here. Default: the process's own. */
  cwd?: string;
  /** Variables for `${env:…}`. Default: the process's own. */
  env?: Env;
  /** The kinds of backends that exist. Default: any name is accepted. */
  backends?: readonly string[];
  /** The value of `--name`: replaces the file's name. */
  name?: string | undefined;
  /** Bytes of stdin. Default: the process's own. */
  readStdin?: () => AsyncIterable<Uint8Array | string>;
}

export interface FoundSpec extends LoadedSpec {
  /** See `originOf`; `null` for standard input and other pipes. */
  origin: string | null;
}

const maxBytes = 1_048_576;

/**
 * Reads and checks a file of one spec; `-` is stdin. Throws `spec_unreadable` (no such file, a directory, not UTF-8, over 1 MB …)
 * or `spec_invalid` with all of the file's problems.
 */
export async function loadSpec(path: string, options: LoadOptions = {}): Promise<FoundSpec> {
  const { text, parsing, origin } = await read(path, options);
  // The parser loads zod and yaml. Commands that read no spec must not wait for them.
  const { parseSpec } = await import('./parse.js');
  return { ...parseSpec(text, parsing), origin };
}

/** Like `loadSpec`, for a file of one or more specs: YAML documents, each with its own name. Returns them in the file's order. */
export async function loadSpecs(path: string, options: LoadOptions = {}): Promise<FoundSpec[]> {
  const { text, parsing, origin } = await read(path, options);
  const { parseSpecs } = await import('./parse.js');
  return parseSpecs(text, parsing).map((one) => ({ ...one, origin }));
}

async function read(path: string, options: LoadOptions): Promise<{ text: string; parsing: ParseOptions; origin: string | null }> {
  const { cwd = process.cwd(), env = process.env } = options;
  const stdin = path === '-';
  const file = stdin ? '<stdin>' : path;
  const absolute = resolve(cwd, path);
  const bytes = stdin ? await collect((options.readStdin ?? (() => process.stdin))(), file) : await readBytes(absolute, file);
  const parsing = {
    file,
    name: options.name,
    defaultName: stdin ? undefined : basename(absolute, extname(absolute)),
    env,
    backends: options.backends,
    directory: stdin ? cwd : dirname(absolute),
    readFile: readSmall,
    realPath,
  };
  return { text: decode(bytes, file), parsing, origin: stdin ? null : await originOf(absolute) };
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

async function readBytes(absolute: string, file: string): Promise<Uint8Array> {
  try {
    const found = await stat(absolute);
    if (found.isDirectory()) throw unreadable(file, 'is a directory', 'give the spec file in it');
    // Reading one byte more than allowed detects a file that is too large, even where its size is unknown (a pipe, a device).
    return await collect(createReadStream(absolute, { end: maxBytes }), file);
  } catch (error) {
    throw error instanceof MayflyError ? error : explain(error, file);
  }
}

async function collect(chunks: AsyncIterable<Uint8Array | string>, file: string): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array);
    size += part.length;
    if (size > maxBytes) throw unreadable(file, 'is larger than 1 MB', 'a spec is a few lines of YAML: check that this is the right file');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(file, 'is not UTF-8 text', 'save it as UTF-8');
  }
}

const reasons: Record<string, [cause: string, remedy: string]> = {
  ENOENT: ['does not exist', 'check the path, or give - to read from stdin'],
  ENOTDIR: ['does not exist: a part of the path is a file', 'check the path'],
  EACCES: ["can't be read: permission denied", 'change its permissions, or run as a user who may read it'],
  EPERM: ["can't be read: permission denied", 'change its permissions, or run as a user who may read it'],
  ELOOP: ['is a loop of symbolic links', 'give the file itself'],
  ENAMETOOLONG: ['is a path that is too long', 'check the path'],
};

function explain(error: unknown, file: string): MayflyError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  const [cause, remedy] = reasons[code] ?? [`can't be read (${code})`, 'check the path and the disk'];
  return unreadable(file, cause, remedy, error);
}

function unreadable(file: string, cause: string, remedy: string, error?: unknown): MayflyError {
  return new MayflyError('spec_unreadable', { place: { file }, cause, remedy, ...(error !== undefined && { error }) });
}

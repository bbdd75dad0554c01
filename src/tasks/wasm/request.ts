import type { WasmLimits } from './limits.js';
import type { TreeEntry } from './result.js';

/** All that a module gets. */
export interface WasmRequest {
  module: Uint8Array;
  /** The first one is the program's name. */
  args: string[];
  env: Record<string, string>;
  stdin: Uint8Array;
  /** The one directory that the module can open, and its name for the module. `null`: none. */
  directory: { name: string; entries: TreeEntry[] } | null;
  limits: WasmLimits;
}

type EntryHeader = { kind: TreeEntry['kind']; path: string; size: number };
interface Header extends Omit<WasmRequest, 'module' | 'stdin' | 'directory'> {
  module: number;
  stdin: number;
  directory: { name: string; entries: EntryHeader[] } | null;
}

/** The request as pieces of one message: length of the header (4 bytes), header as JSON, module, stdin, contents of the files. */
export function encodeRequest({ module, stdin, directory, ...rest }: WasmRequest): Uint8Array[] {
  const entries = directory?.entries ?? [];
  const header: Header = {
    ...rest,
    module: module.byteLength,
    stdin: stdin.byteLength,
    directory: directory && { name: directory.name, entries: entries.map(headerOf) },
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return [length, text, module, stdin, ...entries.flatMap((entry) => (entry.kind === 'file' ? [entry.bytes] : []))];
}

/** The contents share the memory of `message`. */
export function decodeRequest(message: Uint8Array): WasmRequest {
  let at = 0;
  const take = (size: number) => message.subarray(at, (at += size));
  const length = Buffer.from(take(4)).readUInt32LE();
  const { module, stdin, directory, ...rest } = JSON.parse(Buffer.from(take(length)).toString()) as Header;
  const contents = { module: take(module), stdin: take(stdin) };
  return {
    ...rest,
    ...contents,
    directory: directory && { name: directory.name, entries: directory.entries.map((entry) => entryOf(entry, take)) },
  };
}

function headerOf(entry: TreeEntry): EntryHeader {
  const { kind, path } = entry;
  return { kind, path, size: entry.kind === 'file' ? entry.bytes.byteLength : 0 };
}

function entryOf({ kind, path, size }: EntryHeader, take: (size: number) => Uint8Array): TreeEntry {
  return kind === 'file' ? { kind, path, bytes: take(size) } : { kind, path };
}

import { readSync, writeSync } from 'node:fs';
import { encodeFrame, frameKinds, largestPayload } from '../frames.js';
import type { TreeChanges, TreeEntry, WasmEnd } from '../result.js';
import { TooLarge, type Tree } from './tree.js';

/** Bytes of one read of the request. */
const readSize = 1024 * 1024;

/** All bytes of stdin. */
export function readRequest(): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(readSize);
    const size = readSync(0, chunk);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, size));
  }
}

/** Sends frames on stdout. A call returns when the pipe has taken all bytes, so a slow reader slows the module down. */
export class Channel {
  /** Bytes that the module may still write. */
  private left: number;

  constructor(limit: number) {
    this.left = limit;
  }

  /** Sends output of the module up to its limit. @returns whether all of it was within */
  output(kind: 'stdout' | 'stderr', bytes: Uint8Array): boolean {
    const within = bytes.subarray(0, this.left);
    this.left -= within.byteLength;
    this.pieces(frameKinds[kind], within);
    return within.byteLength === bytes.byteLength;
  }

  /** Sends the changes of the tree and the module's end, and ends the process. A tree that is too large is another end. */
  end(end: WasmEnd, tree: Tree): never {
    let changes: TreeChanges;
    try {
      changes = tree.changes();
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      end = { ended: 'stopped', reason: 'files_limit', message: error.message };
      changes = { removed: [], written: [] };
    }
    for (const path of changes.removed) this.json(frameKinds.entry, { kind: 'removed', path });
    for (const entry of changes.written) this.entry(entry);
    this.json(frameKinds.end, { end });
    process.exit(0);
  }

  private entry(entry: TreeEntry): void {
    if (entry.kind !== 'file') return this.json(frameKinds.entry, entry);
    const { kind, path, bytes } = entry;
    this.json(frameKinds.entry, { kind, path, size: bytes.byteLength });
    this.pieces(frameKinds.content, bytes);
  }

  private pieces(kind: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += largestPayload) this.send(kind, bytes.subarray(at, at + largestPayload));
  }

  private json(kind: number, value: unknown): void {
    this.send(kind, Buffer.from(JSON.stringify(value)));
  }

  private send(kind: number, payload: Uint8Array): void {
    const frame = encodeFrame(kind, payload);
    for (let at = 0; at < frame.length;) at += writeSync(1, frame, at);
  }
}

import type { Writable } from 'node:stream';
import { once } from 'node:events';
import { z } from 'zod';
import { type Frame, frameKinds, readFrames, WrongMessage } from './frames.js';
import { longestPath, type WasmLimits } from './limits.js';
import { stopReasons, type TreeChanges, type TreeEntry, type WasmEnd } from './result.js';

/** A path in the tree: relative, with plain parts only, so that it stays inside of any directory. */
const path = z
  .string()
  .max(longestPath)
  .refine((text) => !text.includes('\0') && text.split('/').every((part) => part !== '' && part !== '.' && part !== '..'));

const entryMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('directory'), path }),
  z.object({ kind: z.literal('file'), path, size: z.int().min(0) }),
  z.object({ kind: z.literal('removed'), path }),
]);

const endMessage = z.object({
  end: z.union([
    z.object({ ended: z.literal('exited'), code: z.int().min(0).max(0xffffffff) }),
    z.object({ ended: z.literal('stopped'), reason: z.enum(stopReasons), message: z.string().max(1000) }),
  ]),
});

export interface Sinks {
  stdout: Writable;
  stderr: Writable;
}

/** The last message of a child. */
export interface ChildReport {
  end: WasmEnd;
  changes: TreeChanges;
}

/**
 * Reads a child's messages up to its last one and writes its output, at the pace of the sinks. The child is not trusted: every message is parsed, and the
 * limits hold here as well.
 * @returns `null` where the child ended without its last message
 * @throws WrongMessage; the reason of `killed` where a sink waits; a sink's error
 */
export async function readChild(
  bytes: AsyncIterable<Buffer>,
  sinks: Sinks,
  limits: WasmLimits,
  killed: AbortSignal,
): Promise<ChildReport | null> {
  const changes = new ChangesReader(limits);
  let outputLeft = limits.output;
  for await (const { kind, payload } of readFrames(bytes)) {
    if (kind === frameKinds.stdout || kind === frameKinds.stderr) {
      outputLeft -= payload.length;
      if (outputLeft < 0) throw new WrongMessage(`more than ${limits.output} bytes of output`);
      const sink = kind === frameKinds.stdout ? sinks.stdout : sinks.stderr;
      if (!sink.write(payload)) await once(sink, 'drain', { signal: killed });
    } else if (kind === frameKinds.end) {
      return { ...parsed(endMessage, payload), changes: changes.complete() };
    } else {
      changes.take({ kind, payload });
    }
  }
  return null;
}

/** Collects the changes of the tree, within its limits. */
class ChangesReader {
  private readonly written: TreeEntry[] = [];
  private readonly removed: string[] = [];
  private bytesLeft: number;
  private entriesLeft: number;
  /** The file whose contents are arriving. */
  private file: { bytes: Buffer; at: number } | null = null;

  constructor(limits: WasmLimits) {
    this.bytesLeft = limits.files;
    // Each one may be removed, and another written.
    this.entriesLeft = 2 * limits.entries;
  }

  take({ kind, payload }: Frame): void {
    if (kind === frameKinds.content) return this.content(payload);
    if (kind !== frameKinds.entry) throw new WrongMessage(`a frame of kind ${kind}`);
    this.fileIsWhole();
    if (--this.entriesLeft < 0) throw new WrongMessage('too many changes of the tree');
    const entry = parsed(entryMessage, payload);
    if (entry.kind === 'removed') this.removed.push(entry.path);
    else this.written.push(entry.kind === 'file' ? this.begin(entry) : entry);
  }

  complete(): TreeChanges {
    this.fileIsWhole();
    return { written: this.written, removed: this.removed };
  }

  private begin({ path, size }: { path: string; size: number }): TreeEntry {
    this.bytesLeft -= size;
    if (this.bytesLeft < 0) throw new WrongMessage('too many bytes in the tree');
    this.file = { bytes: Buffer.alloc(size), at: 0 };
    return { kind: 'file', path, bytes: this.file.bytes };
  }

  private content(payload: Buffer): void {
    if (!this.file || this.file.at + payload.length > this.file.bytes.length) throw new WrongMessage('contents of no file');
    this.file.bytes.set(payload, this.file.at);
    this.file.at += payload.length;
  }

  private fileIsWhole(): void {
    if (this.file && this.file.at < this.file.bytes.length) throw new WrongMessage('a file is cut off');
  }
}

function parsed<T>(schema: z.ZodType<T>, payload: Buffer): T {
  try {
    return schema.parse(JSON.parse(payload.toString()));
  } catch {
    throw new WrongMessage(`a message of another form: ${JSON.stringify(payload.toString('utf8', 0, 200))}`);
  }
}

import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { WorkerFiles } from '../../src/backends/ports/sessions.js';
import { MayflyError } from '../../src/errors.js';

interface Hit {
  /** The byte of the tar that it happens at. */
  at: number;
  /** Default: once. */
  times?: number;
}

type Kind = keyof typeof effects;

const reading = ['breaks', 'endsEarly', 'standsStill'];

/** Faults of the streams from and to the files of one container. Each imitates a fault of a real backend. */
export class FileFaults {
  private readonly rules: { kind: Kind; at: number; left: number }[] = [];

  /**
   * `breaks`: the stream from the container breaks (Docker: `read ECONNRESET`, when its daemon restarts). `endsEarly`: it ends without an
   * error. `standsStill`: no byte comes any more (Docker: two transfers, each of which reads what the other one writes to). `spoils`: a byte
   * arrives as another one. `isFull`: the container's disk is full.
   */
  add(kind: Kind, { at, times = 1 }: Hit): void {
    this.rules.push({ kind, at, left: times });
  }

  on(files: WorkerFiles): WorkerFiles {
    const pass = (tar: Readable, signal: AbortSignal, isRead: boolean) => {
      const rule = this.rules.find(({ kind, left }) => left > 0 && reading.includes(kind) === isRead);
      if (!rule) return tar;
      rule.left -= 1;
      return Readable.from(affected(tar, rule, signal), { objectMode: false });
    };
    return {
      ...files,
      read: async (path, signal) => pass(await files.read(path, signal), signal, true),
      async stage(directory, signal) {
        const staging = await files.stage(directory, signal);
        return { ...staging, write: (tar, own) => staging.write(pass(tar, own, false), own) };
      },
    };
  }
}

async function* affected(tar: Readable, { kind, at }: { kind: Kind; at: number }, signal: AbortSignal): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const piece of tar as AsyncIterable<Buffer>) {
    const here = at - passed;
    passed += piece.length;
    if (here < 0 || here >= piece.length) {
      yield piece;
      continue;
    }
    yield piece.subarray(0, here);
    const rest = await effects[kind](piece.subarray(here), signal);
    if (rest === null) return;
    yield rest;
  }
}

/** What comes in place of the rest of a piece; `null`: the end. */
const effects = {
  breaks: () => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
  endsEarly: () => Promise.resolve(null),
  async standsStill(_rest: Buffer, signal: AbortSignal) {
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  },
  spoils: (rest: Buffer) => Promise.resolve(Buffer.concat([Buffer.from([rest[0]! ^ 1]), rest.subarray(1)])),
  isFull: () => Promise.reject(new MayflyError('storage_full', { cause: 'no space left on device' })),
} as const satisfies Record<string, (rest: Buffer, signal: AbortSignal) => Promise<Buffer | null>>;

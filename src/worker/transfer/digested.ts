import { Readable } from 'node:stream';
import { assertWhole } from '../../backends/shared/not-copied.js';
import { PackedTree } from '../../backends/shared/pack.js';
import { whenAborted } from '../../backends/shared/cancel.js';
import type { Clock } from '../../clock.js';
import { Interrupted } from './interrupted.js';
import { type Digest, TarDigest } from './tar-digest.js';

/** Milliseconds without a byte after which a stream counts as broken. */
const silence = 120_000;

/**
 * Passes a tar to a reader as it comes.
 *
 * @returns the digest of what was passed
 * @throws Interrupted where the stream breaks, stands still, or ends before its end mark; the errors of both functions
 */
export async function digested(
  open: (signal: AbortSignal) => Promise<Readable>,
  read: (tar: Readable, signal: AbortSignal) => Promise<void>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Digest> {
  const digest = await TarDigest.open();
  const [stalled, over] = [new AbortController(), new AbortController()];
  const own = AbortSignal.any([signal, stalled.signal]);
  let pieces = 0;
  let broken: Interrupted | undefined;
  let passed: Digest | undefined;
  let tar: Readable | undefined;
  const passOn = async function* (source: Readable) {
    try {
      for await (const piece of source) {
        pieces += 1;
        digest.write(piece as Buffer);
        yield piece as Buffer;
        pieces += 1;
      }
      passed = digest.end();
    } catch (error) {
      throw (broken ??= new Interrupted(`the stream broke off: ${(error as Error).message}`, { cause: error }));
    }
  };
  const watch = async () => {
    for (let before = -1; !over.signal.aborted; before = pieces) {
      await clock.sleep(silence, over.signal);
      if (before === pieces) stalled.abort(new Interrupted(`no byte came through for ${silence / 1000} s`));
    }
  };
  watch().catch(() => {});
  const stopListening = whenAborted(own, () => tar?.destroy(own.reason as Error));
  try {
    tar = await open(own);
    await read(Readable.from(apart(passOn(tar)), { objectMode: false }), own);
    if (tar instanceof PackedTree) assertWhole(tar);
    if (!passed) throw new Interrupted('the stream was not read to its end');
    return passed;
  } catch (error) {
    own.throwIfAborted();
    throw broken ?? error;
  } finally {
    over.abort();
    stopListening();
    tar?.destroy();
  }
}

/** Passes pieces on. `Readable.from` throws an error of its reader into its iterator: this keeps it from the iterator of the source. */
async function* apart(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield piece;
}

import { Readable } from 'node:stream';
import { PackedTree } from '../shared/pack.js';
import type { TreeEntry } from '../shared/tree.js';

/** An entry of a tar. `file`: it is neither a directory nor a link. */
export interface TarEntry {
  path: string;
  file: boolean;
}

/** Bytes of a foreign tar that are read before it is passed on. */
const maxHeld = 64 * 2 ** 20;

/** The first bytes of compressed tars, which the daemon accepts too. */
const compressed = [Buffer.from([0x1f, 0x8b]), Buffer.from('BZh'), Buffer.from([0xfd, 0x37, 0x7a]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];

/** Lists entries, directories before their content; below a directory only where `enter` allows it. */
type List = (enter: (name: string) => boolean) => Iterable<TarEntry>;

/**
 * Reads the entries of a tar before it is sent, because a daemon that unpacks into a container answers no question about its files meanwhile.
 * All entries of our own tars are returned; of a foreign tar those in the first 64 MB; none if it is compressed or no tar.
 *
 * @returns `root`: all entries are it, or below it
 */
export async function lookInto(tar: Readable): Promise<{ entries: List; root: string; tar: Readable }> {
  if (tar instanceof PackedTree) {
    const [first] = tar.entries(() => false);
    return { entries: (enter) => tarEntriesOf(tar.entries(enter)), root: first?.name ?? '.', tar };
  }
  const { Parser } = await import('tar');
  const entries: TarEntry[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      entries.push({ path: entry.path, file: entry.type === 'File' });
      entry.resume();
    },
  });
  let readable = true;
  // The daemon refuses a tar that this parser cannot read.
  parser.on('error', () => (readable = false));
  const held: Buffer[] = [];
  let length = 0;
  const chunks = tar[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (readable && length < maxHeld) {
    const { value, done } = await chunks.next();
    if (done) break;
    if (held.length === 0) readable = !compressed.some((start) => value.subarray(0, start.length).equals(start));
    if (readable) parser.write(value);
    held.push(value);
    length += value.length;
  }
  return { entries: () => entries, root: '.', tar: Readable.from(rest(held, chunks), { objectMode: false }) };
}

function* tarEntriesOf(entries: Iterable<TreeEntry>): Generator<TarEntry> {
  for (const { name, stat } of entries) yield { path: name, file: stat.isFile() };
}

async function* rest(held: Buffer[], chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* held;
  yield* { [Symbol.asyncIterator]: () => chunks };
}

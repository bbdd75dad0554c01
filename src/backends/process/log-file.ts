import type { Host } from './host.js';

const block = 64 * 1024;
/** More than this is never read to find the last few lines: one of them may be endless. */
const longest = 1024 * 1024;
const newline = 10;

/** Where the last `count` lines of a file begin. A last line without its newline is one too. */
export async function tailOffset(host: Host, path: string, count: number): Promise<number> {
  const size = (await host.system.readBytes(path, 0, 0))?.size ?? 0;
  let left = count;
  for (let end = size; end > 0 && size - end < longest;) {
    const start = Math.max(0, end - block);
    const bytes = (await host.system.readBytes(path, start, end - start))?.bytes ?? Buffer.alloc(0);
    for (let at = bytes.length - 1; at >= 0; at--) {
      // The newline that ends the file begins no line.
      if (bytes[at] !== newline || start + at === size - 1) continue;
      if (--left <= 0) return count > 0 ? start + at + 1 : size;
    }
    end = start;
  }
  return count > 0 ? Math.max(0, size - longest) : size;
}

/** The last lines of a file, oldest first; none when there is no file. */
export async function lastLines(host: Host, path: string, count: number): Promise<string[]> {
  const offset = await tailOffset(host, path, count);
  const text = (await host.system.readBytes(path, offset, longest))?.bytes.toString('utf8') ?? '';
  const lines = text.replace(/\n$/, '').split('\n');
  return text === '' ? [] : lines;
}

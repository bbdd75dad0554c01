import type { Host } from './host.js';

const block = 64 * 1024;
/** Largest number of bytes that are read to find the last lines, because a line may be endless. */
const maxBytes = 1024 * 1024;
const newline = 10;

/** Offset in bytes at which the last `count` lines of a file begin, `longest` bytes before its end at most. A last line without a newline counts. */
export async function tailOffset(host: Host, path: string, count: number, longest = maxBytes): Promise<number> {
  const size = (await host.system.readBytes(path, 0, 0))?.size ?? 0;
  let left = count;
  for (let end = size; end > 0 && size - end < longest;) {
    const start = Math.max(0, end - block);
    const bytes = (await host.system.readBytes(path, start, end - start))?.bytes ?? Buffer.alloc(0);
    for (let at = bytes.length - 1; at >= 0; at--) {
      // No line begins after the newline at the end of the file.
      if (bytes[at] !== newline || start + at === size - 1) continue;
      if (--left <= 0) return count > 0 ? start + at + 1 : size;
    }
    end = start;
  }
  return count > 0 ? Math.max(0, size - longest) : size;
}

/** The last lines of a file, the oldest first; empty if there is no file. */
export async function lastLines(host: Host, path: string, count: number): Promise<string[]> {
  const offset = await tailOffset(host, path, count);
  const text = (await host.system.readBytes(path, offset, maxBytes))?.bytes.toString('utf8') ?? '';
  const lines = text.replace(/\n$/, '').split('\n');
  return text === '' ? [] : lines;
}

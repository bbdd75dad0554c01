import { createWriteStream, fchmodSync, fstatSync, type Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { ReadEntry } from 'tar';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';

/** Milliseconds between two tries to open a FIFO that has no reader yet. */
const retryEvery = 100;

/**
 * Writes the file in a tar into the existing object at a path, as `cp` does: a device, a FIFO once it has a reader, our own output
 * (`/dev/stdout`), or a file. A file keeps its inode, so its hard links stay, and gets the mode of the copied file.
 *
 * @throws MayflyError `copy_failed`; the signal's reason
 */
export async function writeInto(tar: Readable, path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    const own = ownStream(await stat(path));
    if (own) return await writeFile(tar, own, signal);
    const file = await openPatiently(path, clock, signal);
    try {
      const found = await file.stat();
      const setMode = (mode: number) => isOwnFile(found) && fchmodSync(file.fd, mode & 0o777);
      await writeFile(tar, createWriteStream(path, { fd: file.fd, autoClose: false }), signal, setMode);
    } finally {
      await file.close();
    }
  } catch (error) {
    tar.destroy();
    signal.throwIfAborted();
    throw failed(path, error);
  }
}

/** Writes the first file of a tar to a stream. */
async function writeFile(
  tar: Readable,
  target: Writable,
  signal: AbortSignal,
  onMode: (mode: number) => unknown = () => {},
): Promise<void> {
  const { Parser } = await import('tar');
  await new Promise<void>((resolve, reject) => {
    let copied = false;
    const parser = new Parser({
      onReadEntry(entry: ReadEntry) {
        if (copied || entry.type !== 'File') return void entry.resume();
        copied = true;
        if (entry.mode !== undefined) onMode(entry.mode);
        entry.on('data', (chunk: Buffer) => {
          if (target.write(chunk)) return;
          entry.pause();
          target.once('drain', () => entry.resume());
        });
        entry.once('end', () => target.write('', (error) => (error ? reject(error) : resolve())));
      },
    });
    const abort = () => tar.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    target.once('error', reject);
    parser.on('error', reject);
    parser.on('end', () => copied || reject(new Error('the data received is not a tar with a file')));
    tar.on('error', reject).pipe(parser);
    if (tar.errored) reject(tar.errored);
    if (signal.aborted) abort();
  });
}

/** Our standard output or error where `found` is its socket: a socket cannot be opened by path, and Node's pipes are sockets. */
function ownStream(found: Stats): Writable | undefined {
  if (!found.isSocket()) return undefined;
  return [process.stdout, process.stderr].find(({ fd }) => {
    const own = fstatSync(fd);
    return own.dev === found.dev && own.ino === found.ino;
  });
}

/** Opens a path for writing. For a FIFO it waits until there is a reader; the wait can be aborted. */
async function openPatiently(path: string, clock: Clock, signal: AbortSignal): Promise<FileHandle> {
  const { O_WRONLY, O_TRUNC, O_NONBLOCK } = constants;
  if (!(await stat(path)).isFIFO()) return open(path, O_WRONLY | O_TRUNC);
  for (;;) {
    try {
      const reached = await open(path, O_WRONLY | O_NONBLOCK);
      try {
        return await open(path, O_WRONLY);
      } finally {
        await reached.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await clock.sleep(retryEvery, signal);
    }
  }
}

function isOwnFile(found: Stats): boolean {
  const own = process.geteuid?.() ?? 0;
  return found.isFile() && (own === 0 || found.uid === own);
}

function failed(path: string, error: unknown): MayflyError {
  if (error instanceof MayflyError) return error;
  return new MayflyError('copy_failed', {
    place: { file: path },
    cause: error instanceof Error ? error.message : String(error),
    remedy: 'correct the cause and copy again',
    error,
  });
}

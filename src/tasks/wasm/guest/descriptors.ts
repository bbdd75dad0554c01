import { ConsoleStdout, type Fd, wasi } from '@bjorn3/browser_wasi_shim';
import { OpenStoredFile, StoredFile } from './stored.js';
import type { Tree } from './tree.js';

/** The module's first descriptors: stdin, stdout, stderr and its directory. */
export function descriptorsOf(stdin: Uint8Array, write: (kind: 'stdout' | 'stderr') => (bytes: Uint8Array) => void, tree: Tree): Fd[] {
  const streams = [new Input(stdin), new ConsoleStdout(write('stdout')), new ConsoleStdout(write('stderr'))];
  return tree.preopened ? [...streams, tree.preopened] : streams;
}

/** Standard input: bytes that can be read once, in their order. */
class Input extends OpenStoredFile {
  constructor(bytes: Uint8Array) {
    // It has no room to grow, and counts in no tree.
    super(new StoredFile(bytes, { bytes: bytes.byteLength, entries: 0 }), 0);
  }

  override fd_fdstat_get(): { ret: number; fdstat: wasi.Fdstat } {
    return { ret: wasi.ERRNO_SUCCESS, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }

  override fd_seek(): { ret: number; offset: bigint } {
    return { ret: wasi.ERRNO_SPIPE, offset: 0n };
  }

  override fd_pwrite(): { ret: number; nwritten: number } {
    return { ret: wasi.ERRNO_BADF, nwritten: 0 };
  }
}

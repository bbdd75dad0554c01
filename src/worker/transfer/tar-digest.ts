import { createHash } from 'node:crypto';
import type { Parser, ReadEntry } from 'tar';

/** The content of a tar. */
export interface Digest {
  /**
   * SHA-256 as hex: of a file, that of its content; of a tree, the sum modulo 2^256 of those of its entries, with the SHA-256 of each file
   * and the target of each link. Modes, owners and times do not count: backends keep them to different degrees.
   */
  sha256: string;
  files: number;
  /** Bytes of the files' content. */
  bytes: number;
  /** Name of its first entry, which all others are below; empty: entries are below `/` or `./`. */
  root: string;
}

/** The sum of SHA-256 is modulo this. */
const modulus = 1n << 256n;

/** Reads a tar as it passes, a piece at a time. The sum of its entries does not depend on their order, and none of them is kept. */
export class TarDigest {
  private entries = 0;
  private sum = 0n;
  /** The last file. */
  private file: { path: string; sha256: string } | undefined;
  private root: string | undefined;
  private broken: string | undefined;
  private ended = false;
  private files = 0;
  private bytes = 0;
  private readonly parser: Parser;

  private constructor(tar: { Parser: typeof Parser }) {
    this.parser = new tar.Parser({
      onReadEntry: (entry) => this.read(entry),
      onwarn: (code, message) => void (code === 'TAR_ENTRY_INFO' || (this.broken ??= String(message))),
    });
    this.parser.on('eof', () => (this.ended = true));
  }

  static async open(): Promise<TarDigest> {
    return new TarDigest(await import('tar'));
  }

  write(piece: Buffer): void {
    this.parser.write(piece);
  }

  /** Ends the tar. @throws Error where it is broken, or is not whole */
  end(): Digest {
    this.parser.end();
    if (this.broken !== undefined || !this.ended) throw new Error(this.broken ?? 'the tar ends before its end mark');
    const { root = '', files, bytes, entries, file } = this;
    const sha256 = entries === 1 && file?.path === '' ? file.sha256 : this.sum.toString(16).padStart(64, '0');
    return { sha256, files, bytes, root };
  }

  private read(entry: ReadEntry): void {
    const parts = partsOf(entry.path);
    this.root ??= parts[0] ?? '';
    const path = this.below(entry.path);
    switch (entry.type) {
      case 'Directory':
        this.add(path, 'directory');
        return void entry.resume();
      case 'SymbolicLink':
        this.add(path, `link\0${entry.linkpath ?? ''}`);
        return void entry.resume();
      case 'Link':
        // All backends list a directory by name, so the first of a file's names is the same in each tar.
        this.add(path, `name\0${this.below(entry.linkpath ?? '')}`);
        return void entry.resume();
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
        return this.addFile(path, entry);
      default:
        this.add(path, entry.type);
        entry.resume();
    }
  }

  private addFile(path: string, entry: ReadEntry): void {
    const hash = createHash('sha256');
    this.files += 1;
    this.bytes += entry.size;
    entry.on('data', (piece: Buffer) => hash.update(piece));
    entry.on('end', () => {
      this.file = { path, sha256: hash.digest('hex') };
      this.add(path, `file\0${this.file.sha256}`);
    });
  }

  private add(path: string, line: string): void {
    this.entries += 1;
    const entry = createHash('sha256').update(`${path}\0${line}\n`).digest('hex');
    this.sum = (this.sum + BigInt(`0x${entry}`)) % modulus;
  }

  private below(path: string): string {
    const parts = partsOf(path);
    return (this.root === '' ? parts : parts.slice(1)).join('/');
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

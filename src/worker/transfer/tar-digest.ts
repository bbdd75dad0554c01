import { createHash } from 'node:crypto';
import type { Parser, ReadEntry } from 'tar';

/** The content of a tar. */
export interface Digest {
  /**
   * SHA-256 as hex: of a file, that of its content; of a tree, that of a sorted list of its entries, with the SHA-256 of each file and the
   * target of each link. Modes, owners and times do not count: backends keep them to different degrees.
   */
  sha256: string;
  files: number;
  /** Bytes of the files' content. */
  bytes: number;
  /** Name of its first entry, which all others are below; empty: entries are below `/` or `./`. */
  root: string;
}

/** Reads a tar as it passes, a piece at a time. It keeps one line for each entry. */
export class TarDigest {
  /** By path below the first entry. */
  private readonly entries = new Map<string, string>();
  private root: string | undefined;
  private broken: string | undefined;
  private ended = false;
  private files = 0;
  private bytes = 0;
  private readonly parser: Parser;

  private constructor(tar: { Parser: typeof Parser }) {
    this.parser = new tar.Parser({
      onReadEntry: (entry) => this.add(entry),
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
    const { root = '', files, bytes, entries } = this;
    const only = entries.size === 1 ? entries.get('')?.split('\0') : undefined;
    const sha256 = only?.[0] === 'file' ? only[1]! : digestOf([...entries].map(([path, line]) => `${path}\0${line}\n`).sort());
    return { sha256, files, bytes, root };
  }

  private add(entry: ReadEntry): void {
    const parts = partsOf(entry.path);
    this.root ??= parts[0] ?? '';
    const path = this.below(entry.path);
    switch (entry.type) {
      case 'Directory':
        this.entries.set(path, 'directory');
        return void entry.resume();
      case 'SymbolicLink':
        this.entries.set(path, `link\0${entry.linkpath ?? ''}`);
        return void entry.resume();
      case 'Link':
        // Which of a file's names comes first may differ between two tars.
        this.entries.set(path, this.entries.get(this.below(entry.linkpath ?? '')) ?? 'lost');
        return void entry.resume();
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
        return this.addFile(path, entry);
      default:
        this.entries.set(path, entry.type);
        entry.resume();
    }
  }

  private addFile(path: string, entry: ReadEntry): void {
    const hash = createHash('sha256');
    this.files += 1;
    this.bytes += entry.size;
    entry.on('data', (piece: Buffer) => hash.update(piece));
    entry.on('end', () => this.entries.set(path, `file\0${hash.digest('hex')}`));
  }

  private below(path: string): string {
    const parts = partsOf(path);
    return (this.root === '' ? parts : parts.slice(1)).join('/');
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function digestOf(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
}

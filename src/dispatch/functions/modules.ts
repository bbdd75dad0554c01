import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathExists, writeAtomic } from '../../state/atomic-file.js';

/** Modules of functions as files of the service, named by their SHA-256. */
export class ModuleFiles {
  /** @param directory it is made below `root` if it does not exist */
  constructor(
    private readonly directory: string,
    private readonly root: string,
  ) {}

  /** Stores a module. @returns its digest */
  async keep(bytes: Buffer): Promise<string> {
    const digest = moduleDigest(bytes);
    if (!(await pathExists(this.pathOf(digest)))) await writeAtomic(this.pathOf(digest), bytes, this.root);
    return digest;
  }

  pathOf(digest: string): string {
    return join(this.directory, `${digest}.wasm`);
  }
}

/** The SHA-256 of a module as hex. */
export function moduleDigest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

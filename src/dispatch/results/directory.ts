import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCode, storageError } from '../../state/atomic-file.js';
import { makePrivate } from '../../state/private-path.js';
import { nextTurn } from '../store/turn.js';
import { type Manifest, manifestName, manifestSchema } from './manifest.js';
import { type ResultsLimits, Room } from './room.js';

/** The name of a run's directory, and of one that is not complete. */
const pattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\.part)?$/;

/** The files of results: a directory a run, with its files and their manifest. */
export class ResultsDirectory {
  readonly room: Room;

  constructor(
    private readonly root: string,
    limits: ResultsLimits,
  ) {
    this.room = new Room(limits);
  }

  /** @param run a UUID */
  pathOf(run: string): string {
    return join(this.root, run);
  }

  /** Makes an empty directory for the files of a run. @throws MayflyError `storage_full`, `state_unreadable` */
  async begin(run: string): Promise<string> {
    const part = `${this.pathOf(run)}.part`;
    try {
      await this.discard(run);
      await this.remove(run);
      makePrivate(this.root, dirname(this.root));
      await mkdir(part, { mode: 0o700 });
    } catch (error) {
      throw storageError(part, error);
    }
    return part;
  }

  /** Completes the files that were put into the directory of `begin`. */
  async finish(run: string, manifest: Manifest): Promise<void> {
    const path = this.pathOf(run);
    await writeManifest(`${path}.part`, manifest);
    await rename(`${path}.part`, path);
    await sync(this.root);
    this.room.used += sizeOf(manifest);
  }

  /** Removes files that are not complete. */
  async discard(run: string): Promise<void> {
    await rm(`${this.pathOf(run)}.part`, { recursive: true, force: true });
  }

  /** `null`: the service has no files of the run. */
  async manifest(run: string): Promise<Manifest | null> {
    try {
      return manifestSchema.parse(JSON.parse(await readFile(join(this.pathOf(run), manifestName), 'utf8')));
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw storageError(this.pathOf(run), error);
    }
  }

  /** Removes the files of a run. Missing ones are success. */
  async remove(run: string): Promise<void> {
    const manifest = await this.manifest(run).catch(() => null);
    await rm(this.pathOf(run), { recursive: true, force: true });
    if (manifest) this.room.used -= sizeOf(manifest);
  }

  /** Counts the files that an earlier process has left. */
  async load(): Promise<void> {
    for (const { run, isPart } of await this.names()) {
      const manifest = isPart ? null : await this.manifest(run).catch(() => null);
      if (manifest) this.room.used += sizeOf(manifest);
    }
  }

  /** Removes directories that are not wanted. `isPart`: it is not complete. */
  async sweep(isWanted: (run: string, isPart: boolean) => Promise<boolean>): Promise<void> {
    for (const { run, isPart } of await this.names()) {
      await nextTurn();
      if (await isWanted(run, isPart)) continue;
      await (isPart ? this.discard(run) : this.remove(run));
    }
  }

  private async names(): Promise<{ run: string; isPart: boolean }[]> {
    const names = await readdir(this.root).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return [];
      throw storageError(this.root, error);
    });
    return names.flatMap((name) => {
      const [, run, part] = pattern.exec(name) ?? [];
      return run === undefined ? [] : [{ run, isPart: part !== undefined }];
    });
  }
}

/** Writes the manifest as the last file of a directory. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const file = await open(join(directory, manifestName), 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await sync(directory);
}

export async function sync(path: string): Promise<void> {
  const opened = await open(path, 'r');
  await opened.sync().finally(() => opened.close());
}

/** Bytes of all files. */
export function sizeOf({ files }: Pick<Manifest, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

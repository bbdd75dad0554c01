import { basename, posix } from 'node:path';
import type { ContainerFiles } from '../../backends/ports/sessions.js';
import { type Owner, packEntries } from '../../backends/shared/pack.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { PlannedCopy } from '../../plan/plan.js';
import type { CopySpec } from '../../spec/worker-spec.js';
import { copyError } from './copy-error.js';
import { localFiles } from './local-files.js';

interface Context {
  sessions: { files(worker: string, container: string): Promise<ContainerFiles> };
  worker: string;
  env: Record<string, string | undefined>;
  clock: Clock;
  emit: Emit;
  signal: AbortSignal;
}

/** Makes the copies of a plan, one after the other. @throws MayflyError at the place of the copy that failed; the signal's reason */
export async function makeCopies(copies: readonly PlannedCopy[], context: Context): Promise<void> {
  for (const { copy } of copies) {
    try {
      context.signal.throwIfAborted();
      await makeCopy(copy, context);
    } catch (error) {
      context.signal.throwIfAborted();
      throw copyError(copy, error);
    }
  }
}

async function makeCopy(copy: CopySpec, { sessions, worker, env, clock, emit, signal }: Context): Promise<void> {
  const { written: from, in: container, to } = copy;
  const startedAt = clock.now();
  emit({ type: 'waiting', for: [`the copy of ${from} to ${container}:${to}`], elapsedMs: 0 });
  const files = await sessions.files(worker, container);
  const local = await localFiles(copy, env);
  const { directory, name } = await target(files, to, local.directory ? null : basename(local.root), signal);
  const special = new Set<string>();
  const packed = await packEntries(
    (enter) => local.entries(name, enter, ({ path }) => special.add(path)),
    await ownerOf(files, copy.owner, signal),
  );
  await files.write(directory, packed, signal);
  emit({ type: 'copied', from, container, to, ...packed.content, special: special.size, elapsedMs: clock.now() - startedAt });
}

/** The ids of the copied files; `null`: those of the local files, or on a backend without ids the current user's. */
async function ownerOf(files: ContainerFiles, owner: string, signal: AbortSignal): Promise<Owner | null> {
  if (owner === 'keep') return null;
  if (owner === 'user') return files.owner(signal);
  const [uid = 0, gid = 0] = owner.split(':').map(Number);
  return { uid, gid };
}

/**
 * The deepest directory of a path that exists, and the rest of the path, which the copy makes. `file`: the name of a copied file, for a path
 * that is a directory; `null`: a directory's content is copied.
 */
async function target(
  files: ContainerFiles,
  to: string,
  file: string | null,
  signal: AbortSignal,
): Promise<{ directory: string; name: string }> {
  let missing: string[] = [];
  for (let path = to; ; path = posix.dirname(path)) {
    const found = await files.stat(path, signal);
    if (found?.directory) return { directory: found.path, name: missing.join('/') || (file ?? '.') };
    const replaced = found !== null && found.special === undefined && path === to && file !== null;
    if (found !== null && !replaced) throw noDirectory(path);
    missing = [posix.basename(path), ...missing];
  }
}

function noDirectory(path: string): MayflyError {
  return new MayflyError('copy_failed', { place: { path }, cause: 'is no directory', remedy: 'copy to another path' });
}

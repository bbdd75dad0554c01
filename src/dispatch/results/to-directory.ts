import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFull, pathExists } from '../../state/atomic-file.js';
import { MayflyError } from '../../errors.js';
import { sync, writeManifest } from './directory.js';
import type { Publication, Publisher } from './publisher.js';

/** Publishes into `ROOT/RUN`, which appears when all files are complete. */
export function directoryPublisher(root: string): Publisher {
  return {
    async publish({ run, source, manifest, signal }) {
      const target = join(root, run);
      const part = `${target}.part`;
      try {
        // Files of a run never change.
        if (await pathExists(target)) return target;
        await rm(part, { recursive: true, force: true });
        await mkdir(part, { recursive: true });
        for (const { path } of manifest.files) {
          signal.throwIfAborted();
          await copy({ path, source, part });
        }
        await writeManifest(part, manifest);
        await rename(part, target);
        await sync(root);
        return target;
      } catch (error) {
        // The first error is the cause. The next try removes the part, too.
        await rm(part, { recursive: true, force: true }).catch(() => {});
        signal.throwIfAborted();
        throw explained(target, error);
      }
    },
  };
}

async function copy({ path, source, part }: Pick<Publication, 'source'> & { path: string; part: string }): Promise<void> {
  const target = join(part, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(join(source, path), target);
  await sync(target);
}

function explained(file: string, error: unknown): MayflyError {
  const isFull = isDiskFull(error);
  return new MayflyError(isFull ? 'storage_full' : 'copy_failed', {
    place: { file },
    cause: isFull ? 'no space left to publish results' : `results cannot be published: ${error instanceof Error ? error.message : error}`,
    remedy: 'correct it, or set `serve.results.publish.directory` to another place; then accept the results again',
    error,
  });
}

import { realpath } from 'node:fs/promises';
import { MayflyError } from '../errors.js';
import { everySource, isInside } from '../spec/sources.js';
import type { WorkerSpec } from '../spec/worker-spec.js';

/** A container that sees mayfly's state could change how every worker ends. @throws MayflyError `spec_invalid` */
export async function assertStateHidden(spec: WorkerSpec, stateDirectory: string): Promise<void> {
  const sources = everySource(spec);
  if (sources.length === 0) return;
  // A state directory that does not exist yet has no links.
  const state = await realpath(stateDirectory).catch(() => stateDirectory);
  const seen = sources.find(({ source }) => isInside(source, state) || isInside(state, source));
  if (!seen) return;
  throw new MayflyError('spec_invalid', {
    place: { path: `${spec.name}/${seen.container}` },
    cause: `mounts ${seen.source}, which would give it mayfly's state in ${state}`,
    remedy: 'mount another directory, or set MAYFLY_STATE_DIR to a directory outside of it',
  });
}

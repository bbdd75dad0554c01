import { loadSpec } from '../../../runtime/load-spec.js';
import type { ArtifactSpec, WorkerSpec } from '../../../spec/worker-spec.js';
import { runName } from '../../../worker/run-name.js';
import type { Reporting } from '../../reporting.js';
import { assertContainer } from '../shared/assert-container.js';
import { withCopies } from '../shared/copy.js';
import { warn } from '../shared/warn.js';
import { parseArtifact } from './artifact.js';
import type { Args } from './options.js';

export interface AskedRun {
  spec: WorkerSpec;
  origin: Awaited<ReturnType<typeof loadSpec>>['origin'];
  /** Artifacts of the command line. */
  artifacts: ArtifactSpec[];
}

/** Loads the spec of a run, with the copies and under the name of the command line. @throws MayflyError */
export async function askedRun(
  args: Args,
  session: Pick<Reporting, 'note'> & Parameters<typeof warn>[0],
  newId: () => string,
): Promise<AskedRun> {
  const loaded = await loadSpec(args.spec, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
  const named = args.name || args.replace ? loaded.spec : { ...loaded.spec, name: runName(loaded.spec.name, newId) };
  const spec = withCopies(named, args.copy);
  session.note(`${spec.name}: the worker of this run`);
  warn(session, loaded.warnings);
  const artifacts = (args.artifact ?? []).map(parseArtifact);
  for (const container of [args.in, ...artifacts.map((artifact) => artifact.container)]) assertContainer(spec, container);
  return { spec, origin: loaded.origin, artifacts };
}

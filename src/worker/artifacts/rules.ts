import type { ArtifactSpec, WorkerSpec } from '../../spec/worker-spec.js';
import type { Collected } from './collect.js';

/** The artifacts to collect after a command. `failed`: it did not return 0. */
export function dueAfter(artifacts: readonly ArtifactSpec[], failed: boolean): ArtifactSpec[] {
  return artifacts.filter(({ when }) => when === 'always' || failed);
}

/** Milliseconds between the end of a command whose worker expires and the worker's end. A short worker keeps half of its time for the command. */
export function collectGrace({ collect_grace, max_duration }: Pick<WorkerSpec, 'collect_grace' | 'max_duration'>): number {
  return Math.min(collect_grace, max_duration / 2) * 1000;
}

/** The exit code of a run: that of its command, but 1 for a 0 where an artifact that is not optional is missing. */
export function codeWith(code: number, collected: readonly Pick<Collected, 'artifact' | 'placed'>[]): number {
  const missing = collected.some(({ artifact, placed }) => !artifact.optional && placed === null);
  return code === 0 && missing ? 1 : code;
}

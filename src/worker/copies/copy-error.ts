import { formatPlace, MayflyError, toMayflyError } from '../../errors.js';
import type { CopySpec } from '../../spec/worker-spec.js';

/** The error of a copy, at its place in the spec, with the first cause. */
export function copyError({ place, in: container, to }: CopySpec, thrown: unknown): MayflyError {
  const error = toMayflyError(thrown);
  const first = [formatPlace(error.place), error.message].filter(Boolean).join(': ');
  return new MayflyError(error.code === 'internal' ? 'copy_failed' : error.code, {
    place,
    cause: `cannot be copied to ${container}:${to}: ${first}`,
    remedy: error.remedy ?? 'correct the cause and apply again',
    error: thrown,
  });
}

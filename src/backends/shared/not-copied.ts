import { MayflyError } from '../../errors.js';

/** The number of problems that an error lists. */
const listed = 3;

/** @throws MayflyError `copy_failed` where the tar lacks special files. Call it after the tar has ended */
export function assertWhole(packed: { leftOut: string[] }): void {
  if (packed.leftOut.length > 0) throw notCopiedAll(packed.leftOut);
}

/** The error of a copy that lacks entries. Each problem starts with an entry's name. */
export function notCopiedAll(problems: string[], error?: unknown): MayflyError {
  const more = problems.length > listed ? `, and ${problems.length - listed} more` : '';
  return new MayflyError('copy_failed', {
    cause: `not copied: ${problems.slice(0, listed).join('; ')}${more}`,
    remedy: 'correct the cause and copy again; `mayfly cp WORKER:PATH -` writes the unchanged tar',
    ...(error !== undefined && { error }),
  });
}

/** The error of a copy that stopped. */
export function notCopiedBecause(error: unknown): MayflyError {
  return error instanceof MayflyError ? error : notCopiedAll([error instanceof Error ? error.message : String(error)], error);
}

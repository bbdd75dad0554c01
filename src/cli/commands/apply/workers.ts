import type { AskedWorkers } from '../../../client/client.js';
import { MayflyError } from '../../../errors.js';
import type { Args } from './options.js';

/** `null`: the options name none. @throws MayflyError `usage` */
export function workersOf({ workers, aux }: Pick<Args, 'workers' | 'aux'>): AskedWorkers | null {
  if (workers === undefined) {
    if (aux === undefined) return null;
    throw new MayflyError('usage', { place: { path: '--aux' }, cause: 'needs --workers', remedy: 'give the most workers: --workers 4' });
  }
  const [, min, max] = /^(?:(\d{1,4})-)?(\d{1,4})$/.exec(workers) ?? [];
  if (max === undefined)
    throw new MayflyError('usage', {
      place: { path: '--workers' },
      cause: `must be MAX or MIN-MAX, got ${workers}`,
      remedy: 'give one number or two, such as 4 or 2-4',
    });
  return { min: Number(min ?? 1), max: Number(max), ...(aux !== undefined && { aux }) };
}

/** @throws MayflyError `usage` for options that need a server */
export function assertNoWorkers({ workers, aux }: Pick<Args, 'workers' | 'aux'>): void {
  const given = workers !== undefined ? '--workers' : aux !== undefined ? '--aux' : null;
  if (given === null) return;
  throw new MayflyError('usage', {
    place: { path: given },
    cause: 'needs a server: a worker without one has no queue of tasks',
    remedy: 'name a server with --server, or leave the option out',
  });
}

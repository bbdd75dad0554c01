import { MayflyError } from '../../../errors.js';
import { engineName } from '../../../spec/worker-spec.js';
import { toMoment } from '../../times.js';
import type { Args } from './options.js';

/** The log that the arguments name. @throws MayflyError `usage` */
export function askedLog({ container = engineName, follow, ...args }: Args, now: number) {
  const tail = args.tail ?? null;
  if (tail !== null && !(Number.isInteger(tail) && tail >= 0)) {
    throw new MayflyError('usage', {
      place: { path: '--tail' },
      cause: 'must be a whole number of lines, at least 0',
      remedy: 'for example: mayfly logs ci build --tail 20',
    });
  }
  const since = args.since === undefined ? null : toMoment(args.since, now, '--since', 'mayfly logs ci build --since 10m');
  return { container, follow, tail, since };
}

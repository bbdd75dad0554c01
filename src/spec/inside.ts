import { posix } from 'node:path';

/** Whether a path is relative and does not lead out of the directory that it starts in. */
export function isInside(path: string): boolean {
  const [first] = posix.normalize(path).split('/');
  return first !== '' && first !== '..';
}

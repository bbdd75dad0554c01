import { toDuration } from '../../times.js';

/** Seconds of a duration with an optional sign. @throws MayflyError `usage` */
export function parseSeconds(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  return sign * toDuration(text.replace(/^[+-]/, ''), 'duration', 'mayfly extend ci 30m');
}

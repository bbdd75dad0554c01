/** Lower-case base32 of RFC 4648. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** The last attempt with a name of at most 31 characters. */
export const mostAttempts = 999;

const pattern = /^r([a-z2-7]{26})(?:-([1-9]\d{0,2}))?$/;

/**
 * The name of the worker that an attempt makes: `r` and the 128 bits of the run's id in base32, then `-2` to `-999` for later attempts. Every
 * creator computes the same name, so that it finds the worker of another one and makes no second.
 *
 * @param run a UUID
 * @param attempt from 1
 */
export function workerNameOf(run: string, attempt: number): string {
  let bits = BigInt(`0x${run.replaceAll('-', '')}`) << 2n;
  let text = '';
  for (let left = 26; left > 0; left -= 1) {
    text = alphabet[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return `r${text}${attempt === 1 ? '' : `-${attempt}`}`;
}

/** The inverse of `workerNameOf`; `null` for the name of a worker that no run made. */
export function runOfWorker(name: string): { run: string; attempt: number } | null {
  const [, text, number = '1'] = pattern.exec(name) ?? [];
  if (text === undefined) return null;
  const bits = [...text].reduce((sum, letter) => (sum << 5n) | BigInt(alphabet.indexOf(letter)), 0n);
  const hex = (bits >> 2n).toString(16).padStart(32, '0');
  const run = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  const attempt = Number(number);
  // `-1`, and bits after the last of an id, are in no name that this file makes.
  return workerNameOf(run, attempt) === name ? { run, attempt } : null;
}

import { MayflyError } from '../errors.js';

/** The things that requests add. */
type Added = 'run' | 'task' | 'allocation';

const unfinished: Readonly<Record<Added, string>> = {
  run: 'wait or live already',
  task: 'wait or run already',
  allocation: 'have not ended',
};

export function keyReused(added: Added, id: string): MayflyError {
  return new MayflyError('key_reused', {
    place: { path: id },
    cause: 'an earlier request with this Idempotency-Key had another body',
    remedy: `use a new key for a new ${added}`,
  });
}

/** @param organisation default: all together have too many */
export function queueFull(added: Added, most: number, organisation?: string): MayflyError {
  const of = organisation === undefined ? '' : ` of the organisation ${organisation}`;
  return new MayflyError('queue_full', {
    cause: `${most} ${added}s${of} ${unfinished[added]}`,
    remedy: 'send the request again after the seconds of Retry-After',
    retryAfter: 30,
  });
}

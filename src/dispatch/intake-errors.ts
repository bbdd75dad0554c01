import { MayflyError } from '../errors.js';

/** The things that requests add. */
type Added = 'run' | 'task' | 'allocation';

export function keyReused(added: Added, id: string): MayflyError {
  return new MayflyError('key_reused', {
    place: { path: id },
    cause: 'an earlier request with this Idempotency-Key had another body',
    remedy: `use a new key for a new ${added}`,
  });
}

export function queueFull(added: Added, most: number): MayflyError {
  return new MayflyError('queue_full', {
    cause: `${most} ${added}s wait or ${added === 'task' ? 'run' : 'live'} already`,
    remedy: 'send the request again after the seconds of Retry-After',
    retryAfter: 30,
  });
}

import type { Clock } from '../../clock.js';
import type { SendPost } from './post.js';
import { retryAfterOf } from './schedule.js';
import type { WebhookSecrets } from './secrets.js';
import { signedHeaders } from './sign.js';
import type { Delivery, Outcome, Webhook } from './webhook.js';

export interface AttemptParts {
  secrets: WebhookSecrets;
  send: SendPost;
  clock: Clock;
  version: string;
  /** From 0 to 1. */
  random(): number;
}

/** Milliseconds for which an answer is awaited, from the look-up of the name on. */
const timeout = 15_000;

/** Sends a delivery once. Each failure is an outcome. @param stop drops the request */
export async function attempt(webhook: Webhook, { id, body }: Delivery, parts: AttemptParts, stop: AbortSignal): Promise<Outcome> {
  const { secrets, send, clock, version, random } = parts;
  const at = clock.now();
  const [late, answered] = [new AbortController(), new AbortController()];
  void clock.sleep(timeout, AbortSignal.any([stop, answered.signal])).then(
    () => late.abort(new Error(`no answer within ${timeout / 1000} s`)),
    () => {},
  );
  const signal = AbortSignal.any([stop, late.signal]);
  const outcome = (fields: Pick<Outcome, 'status' | 'error' | 'retryAfter'>) => ({ at, ms: clock.now() - at, random: random(), ...fields });
  try {
    const headers = {
      ...{ 'content-type': 'application/json', 'user-agent': `mayfly/${version}` },
      ...signedHeaders({ id, at, body }, secrets.of(webhook, at)),
    };
    const { status, retryAfter } = await Promise.race([
      send({ url: webhook.url, headers, body, signal }),
      aborted(signal, answered.signal),
    ]);
    return outcome({ status, error: null, retryAfter: retryAfterOf(retryAfter, clock.now()) });
  } catch (error) {
    // A dropped request reports an error of its own. The cause is the reason of the signal.
    return outcome({ status: null, error: messageOf(signal.aborted ? signal.reason : error), retryAfter: null });
  } finally {
    answered.abort();
  }
}

/** Rejects with the signal's reason: a look-up of a name hears no signal. @param until ends the listening: `signal` may live as long as the service */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: until });
  });
}

/** Characters of an error that are stored. */
const longestError = 500;

function messageOf(error: unknown): string {
  // Several addresses of a name were tried.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return (first instanceof Error ? first.message : String(first)).slice(0, longestError);
}

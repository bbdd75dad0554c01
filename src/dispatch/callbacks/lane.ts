import type { Log } from '../../log.js';
import { attempt, type AttemptParts } from './attempt.js';
import { pauseOf } from './schedule.js';
import type { Delivery, Try, Webhook, Webhooks } from './webhook.js';

export interface LaneParts extends AttemptParts {
  webhooks: Webhooks;
  log: Log;
  /** Called after each try that was stored. */
  tried(one: Try): void;
}

/** The most tries of a webhook at once; and while its tries fail. */
const most = { working: 4, failing: 1 };

/** Milliseconds before the store is asked again after an error of its own. */
const tryAgainAfter = 5000;

/** The longest pause, in milliseconds: the clock may be set. */
const longestPause = 3_600_000;

/** Sends the deliveries of one webhook, so that a slow receiver delays no other webhook. */
export class Lane {
  private readonly sending = new Map<string, Promise<void>>();
  private woken = new AbortController();
  /** Milliseconds since the epoch. No delivery is sent before. */
  private pausedUntil = 0;
  /** Whether `run` has returned, or is about to: it does not notice `wake` any more. */
  ended = false;

  constructor(
    private readonly webhook: string,
    private readonly parts: LaneParts,
  ) {}

  /** Looks for deliveries soon. */
  wake(): void {
    this.woken.abort();
  }

  /** Sends until the signal, or until the webhook is disabled or deleted. Requests under way are dropped at the signal, and sent again later. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const { signal: woken } = this.woken;
      const pause = await this.beginSafely(signal);
      if (pause === null) await Promise.all(this.sending.values());
      else await clock.sleep(Math.min(pause, longestPause), AbortSignal.any([signal, woken])).catch(() => {});
      // The webhook may have been enabled again meanwhile.
      if (pause === null && !woken.aborted) break;
    }
    this.ended = true;
    await Promise.all(this.sending.values());
  }

  private async beginSafely(signal: AbortSignal): Promise<number | null> {
    try {
      return await this.begin(signal);
    } catch (error) {
      this.parts.log.warn({ err: error, webhook: this.webhook }, 'callbacks could not be read or stored');
      return tryAgainAfter;
    }
  }

  /** Begins all tries that are due. @returns milliseconds until the next one; `null`: the webhook gets no more */
  private async begin(signal: AbortSignal): Promise<number | null> {
    const { webhooks, clock } = this.parts;
    const webhook = await webhooks.find(this.webhook);
    if (webhook === null || webhook.disabled !== null) return null;
    const room = (webhook.failingSince === null ? most.working : most.failing) - this.sending.size;
    if (room <= 0) return longestPause;
    // A delivery that ends during the next statement may still be pending in its answer.
    const busy = new Set(this.sending.keys());
    const pending = await webhooks.pending(webhook.id, most.working + busy.size + 1);
    const waiting = pending.filter(({ id }) => !busy.has(id));
    const now = clock.now();
    const due = now < this.pausedUntil ? [] : waiting.filter(({ nextAt }) => nextAt! <= now).slice(0, room);
    for (const delivery of due) {
      const sent = this.send(webhook, delivery, signal).finally(() => {
        this.sending.delete(delivery.id);
        this.wake();
      });
      this.sending.set(delivery.id, sent);
    }
    const next = waiting.find((delivery) => !due.includes(delivery));
    return next ? Math.max(next.nextAt!, this.pausedUntil) - now : longestPause;
  }

  private async send(webhook: Webhook, delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { webhooks, clock, log, tried } = this.parts;
    const outcome = await attempt(webhook, delivery, this.parts, signal);
    if (signal.aborted) return;
    this.pausedUntil = Math.max(this.pausedUntil, outcome.at + outcome.ms + pauseOf(outcome));
    try {
      const after = await webhooks.tried(delivery.id, outcome);
      tried(outcome);
      const { id, organisation } = webhook;
      if (after?.disabled) log.warn({ webhook: id, organisation, reason: after.disabled }, 'a webhook was disabled');
    } catch (error) {
      // The delivery is pending, and is sent again.
      this.pausedUntil = Math.max(this.pausedUntil, clock.now() + tryAgainAfter);
      log.warn({ err: error, webhook: webhook.id }, 'the answer of a webhook could not be stored');
    }
  }
}

import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Elsewhere } from './elsewhere.js';
import type { Publishing } from './results/publishing.js';
import type { Store } from './store/store.js';

/** Milliseconds between two removals. */
const period = 3_600_000;

export interface RetentionOptions {
  store: Pick<Store, 'removeFinished'> & { webhooks: Pick<Store['webhooks'], 'removeDeliveries'> };
  elsewhere: Pick<Elsewhere, 'expire'>;
  publishing: Pick<Publishing, 'sweep'>;
  clock: Clock;
  /** Removes the outputs of tasks that were removed with their runs. */
  sweepOutputs(): Promise<void>;
  /** Milliseconds for which a run is kept after its final state, and for which the end of a run elsewhere is awaited. */
  retention: number;
  /** Milliseconds for which a delivery to a webhook is kept. */
  deliveries: number;
  log: Log;
  signal: AbortSignal;
}

/**
 * Removes finished runs with the files of their results, and deliveries to webhooks, and ends runs elsewhere that nobody reports about, at once
 * and then every hour, until the signal.
 */
export async function removeOldRuns(options: RetentionOptions): Promise<void> {
  const { store, elsewhere, publishing, sweepOutputs, clock, retention, deliveries, log, signal } = options;
  while (!signal.aborted) {
    try {
      await elsewhere.expire(clock.now() - retention);
      while (!signal.aborted && (await store.removeFinished(clock.now() - retention)) > 0);
      while (!signal.aborted && (await store.webhooks.removeDeliveries(clock.now() - deliveries)) > 0);
      await sweepOutputs();
      await publishing.sweep();
    } catch (error) {
      log.warn({ err: error }, 'finished runs and deliveries could not be removed');
    }
    await clock.sleep(period, signal).catch(() => {});
  }
}

import type { Clock } from '../../clock.js';
import { MayflyError, toMayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { retryAfter } from '../retry.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { DispatchSettings } from '../settings.js';
import type { RunChange, Store } from '../store/store.js';
import { type ResultsDirectory, sizeOf } from './directory.js';
import type { Publisher } from './publisher.js';
import { failureOf, hasFiles, type Results } from './states.js';

export interface PublishingParts {
  runs: Runs;
  store: Pick<Store, 'withDueResults' | 'nextResultsDue'>;
  directory: ResultsDirectory;
  publisher: Publisher;
  settings: Pick<DispatchSettings, 'results' | 'minRetryPeriod' | 'maxRetryPeriod'>;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random(): number;
}

/** The most results that are published at once. */
const most = 8;
/** Milliseconds after work that failed because of the service itself, such as a full disk of the database. */
const tryAgainAfter = 2000;
/** Milliseconds between two looks for due results. A change of a run wakes earlier. */
const longestPause = 3_600_000;

type WithResults = Run & { results: Results };

/** Publishes accepted results, and removes those whose retention has ended. */
export class Publishing {
  private readonly working = new Map<string, Promise<void>>();
  private woken = new AbortController();

  constructor(private readonly parts: PublishingParts) {}

  /** Results may be due. */
  wake(): void {
    this.woken.abort();
  }

  /** Works until the signal. A try in flight is ended, and the next process repeats it. */
  async loop(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.parts;
    while (!signal.aborted) {
      this.woken = new AbortController();
      const { signal: woken } = this.woken;
      try {
        const now = clock.now();
        const due = (await store.withDueResults(now, most + this.working.size)).filter(({ id }) => !this.working.has(id));
        for (const run of due.slice(0, most - this.working.size)) this.begin(run, signal);
        const next = await store.nextResultsDue();
        const pause = next !== null && next > now ? Math.min(next - now, longestPause) : longestPause;
        await clock.sleep(pause, AbortSignal.any([signal, woken])).catch(() => {});
      } catch (error) {
        this.warn('due results could not be read', error);
        await clock.sleep(tryAgainAfter, signal).catch(() => {});
      }
    }
    await Promise.all(this.working.values());
  }

  private begin(run: Run, signal: AbortSignal): void {
    const work = this.work(run, signal)
      .catch(async (error: unknown) => {
        if (signal.aborted) return;
        this.warn('results could not be published or removed yet', error, run.id);
        await this.parts.clock.sleep(tryAgainAfter, signal).catch(() => {});
      })
      .finally(() => {
        this.working.delete(run.id);
        this.wake();
      });
    this.working.set(run.id, work);
  }

  private async work(run: Run, signal: AbortSignal): Promise<void> {
    if (!hasResults(run)) return;
    const { state } = run.results;
    if (state === 'accepted' || state === 'publishing') return this.publish(run, signal);
    await this.expire(run);
  }

  private async expire(run: WithResults): Promise<void> {
    const { runs, directory } = this.parts;
    const { state } = run.results;
    const change = { results: { ...run.results, state: 'expired' }, resultsDue: null } as const;
    if (await runs.change(run, change, { type: 'results_expired', data: { was: state } })) await directory.remove(run.id);
  }

  private async publish(accepted: WithResults, signal: AbortSignal): Promise<void> {
    const { runs, directory, publisher, settings, clock } = this.parts;
    const tries = accepted.results.tries + 1;
    const begun = { ...accepted.results, state: 'publishing', tries } as const;
    const run = await runs.change(accepted, { results: begun }, { type: 'results_publishing', data: { try: tries } });
    if (!run || !hasResults(run)) return;
    try {
      const manifest = await directory.manifest(run.id);
      if (!manifest) throw filesLost(run.id);
      const place = await publisher.publish({ run: run.id, source: directory.pathOf(run.id), manifest, signal });
      const results = { ...run.results, state: 'published', error: null, place } as const;
      const data = { place, files: manifest.files.length, bytes: sizeOf(manifest) };
      const resultsDue = clock.now() + settings.results.retention;
      await this.settle(run, { results, resultsDue }, { type: 'results_published', data });
    } catch (error) {
      if (signal.aborted) throw error;
      await this.failed(run, toMayflyError(error));
    }
  }

  /** The first cause of several tries is kept. */
  private async failed(run: WithResults, failure: MayflyError): Promise<void> {
    const { settings, clock, random } = this.parts;
    const { tries } = run.results;
    const error = run.results.error ?? failureOf(failure);
    const now = clock.now();
    if (tries >= settings.results.tries) {
      const change = { results: { ...run.results, state: 'failed', error }, resultsDue: now + settings.results.retention } as const;
      return this.settle(run, change, { type: 'results_failed', data: { ...error } });
    }
    const resultsDue = now + Math.round(retryAfter(tries, settings, random()));
    const { code, cause } = failureOf(failure);
    const data = { code, cause, again: new Date(resultsDue).toISOString() };
    await this.settle(run, { results: { ...run.results, error }, resultsDue }, { type: 'results_publish_failed', data });
  }

  /** Stores the end of a try. The run itself may have changed meanwhile. */
  private async settle({ id, results: { tries } }: WithResults, change: RunChange, event: { type: string; data: object }): Promise<void> {
    const { runs } = this.parts;
    for (;;) {
      const run = await runs.find(id);
      if (run?.results?.state !== 'publishing' || run.results.tries !== tries) return;
      if (await runs.change(run, change, { type: event.type, data: { ...event.data } })) return;
    }
  }

  /** Removes directories of no run, and of results that are not kept. */
  async sweep(): Promise<void> {
    const { runs, directory } = this.parts;
    await directory.sweep(async (id, isPart) => {
      const run = await runs.find(id);
      // Its results are being collected.
      if (run?.state === 'running') return true;
      return !isPart && run !== null && run.results !== null && hasFiles(run.results);
    });
  }

  private warn(message: string, error: unknown, run?: string): void {
    this.parts.log.warn({ ...(run !== undefined && { run }), cause: toMayflyError(error).message }, message);
  }
}

function hasResults(run: Run): run is WithResults {
  return run.results !== null;
}

function filesLost(run: string): MayflyError {
  return new MayflyError('not_found', {
    place: { path: `results of ${run}` },
    cause: 'the service has no files of these results any more',
    remedy: 'submit the run again',
  });
}

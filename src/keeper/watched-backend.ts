import { existsSync } from 'node:fs';
import type { Backend } from '../backends/ports/backend.js';
import type { Clock } from '../clock.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { StateLayout } from '../state/layout.js';
import { sweepAndLog } from '../lease/cache-watch.js';
import { groupByWorker } from '../lease/deadline.js';
import { ExecWatch } from './sockets.js';
import { watch, type Workers } from '../lease/watch.js';
import type { Log } from '../log.js';
import type { SilentBackend, WatchRequest } from './protocol.js';
import type { Troubles } from '../lease/troubles.js';
import type { WatchEntry } from './watch-list.js';

export interface WatchedOptions {
  layout: StateLayout;
  clock: Clock;
  log: Log;
  troubles: Troubles;
  openBackend(request: WatchRequest): Promise<Backend>;
  /** See `MayEndOptions`. */
  ownKeeperFirst: boolean;
  signal: AbortSignal;
  /** Called when the backend stops answering, and when it answers again. */
  onChange(): void;
}

/** Milliseconds between two tries to open a backend; doubled each time. */
const firstRetry = 2000;
const longestRetry = 30_000;

/** Milliseconds that a keeper waits for a silent backend that may have workers. */
const silentFor = 24 * 3600_000;

/** Milliseconds for a keeper's last sweep of caches. The next keeper waits for this one. */
const sweepWithin = 2000;

/** Milliseconds to wait for the end of a backend's watching after the abort. */
const closeWithin = 5000;

interface Opened {
  backend: Backend;
  exec: ExecWatch;
}

/** One backend of a keeper. It is opened as soon as possible and watched from then on. */
export class WatchedBackend {
  /** The number of living workers in the last look; 1 before the first look, since there may be some. */
  private workers = 1;
  /** The begin of the last look without workers, in milliseconds since the epoch. */
  private emptyAt = -Infinity;
  private silent: { since: number; cause: string } | null = null;
  private opening: Promise<Opened> | null = null;
  private seeing: Promise<void> | null = null;
  /** The watching; `null` before its start. It ends when the signal aborts. */
  private running: Promise<void> | null = null;

  /** `silentSince`: when an earlier keeper first got no answer, in milliseconds since the epoch. */
  constructor(
    private request: WatchRequest,
    private readonly options: WatchedOptions,
    silentSince?: number,
  ) {
    if (silentSince !== undefined) this.silent = { since: silentSince, cause: 'the backend did not answer an earlier keeper' };
  }

  /** Whether the backend is being watched. Otherwise its first try is under way. */
  get kept(): boolean {
    return this.running !== null;
  }

  get entry(): WatchEntry {
    return { ...this.request, ...(this.silent && { silent_since: this.silent.since }) };
  }

  get trouble(): SilentBackend | null {
    const { backend, endpoint } = this.request;
    return this.silent && { backend, endpoint, ...this.silent };
  }

  /** Resolves once the backend has answered. Requests at the same time share one try. @throws the reason where it cannot be watched */
  see(request: WatchRequest): Promise<void> {
    // The command's settings are newer than those in the list.
    if (this.opening === null) this.request = request;
    this.seeing ??= this.look().finally(() => {
      this.seeing = null;
    });
    return this.seeing;
  }

  /** Starts watching until the signal aborts. A backend that cannot be opened is tried again. */
  start(): void {
    this.running ??= this.run();
  }

  /** Looks again, unless a look that began after `since` saw no worker. */
  async confirm(since: number): Promise<void> {
    if (this.emptyAt > since) return;
    try {
      await this.look();
    } catch (error) {
      this.missed(error);
      this.workers = Math.max(1, this.workers);
    }
  }

  /**
   * Whether the keeper must stay for this backend. A silent backend counts for a day, and only while the keeper's socket exists: without it
   * (the state directory was removed), no command finds the keeper.
   */
  isNeeded(): boolean {
    if (this.workers === 0) return false;
    if (this.silent === null) return true;
    return this.options.clock.now() - this.silent.since < silentFor && existsSync(this.options.layout.keeperSocket);
  }

  /** See `ExecWatch.hold`. */
  async hold(worker: string, place: string): Promise<() => void> {
    const { exec } = await this.open();
    return exec.hold(worker, place);
  }

  /** Ends the watching and closes the backend. `tidy`: first removes shared objects that no worker needs. */
  async close(tidy: boolean): Promise<void> {
    await this.untilStopped();
    const opened = await this.opening?.catch(() => null);
    if (!opened) return;
    const { backend, exec } = opened;
    await exec.close();
    if (tidy && this.silent === null) {
      await this.sweepLast(backend);
      await backend.tidy({ dryRun: false }).catch((error) => this.options.log.warn({ cause: toMayflyError(error).message }, 'cannot tidy'));
    }
    backend.close();
  }

  /** Sweeps caches for a limited time: the last worker may have left one that is too large, and a measurement may take minutes. */
  private async sweepLast(backend: Backend): Promise<void> {
    const { clock, log } = this.options;
    const over = new AbortController();
    const sweep = sweepAndLog({ backend, clock, log, signal: over.signal }).catch((error) => {
      if (!over.signal.aborted) log.warn({ cause: toMayflyError(error).message }, 'cannot sweep caches');
    });
    await Promise.race([sweep, clock.sleep(sweepWithin, over.signal).catch(() => {})]);
    over.abort();
  }

  /** Waits a limited time for the end of the watching: a call that hangs must not keep the keeper alive. */
  private async untilStopped(): Promise<void> {
    const stopped = new AbortController();
    const late = this.options.clock.sleep(closeWithin, stopped.signal).catch(() => {});
    await Promise.race([this.running, late]);
    stopped.abort();
  }

  private async run(): Promise<void> {
    const { clock, signal, troubles } = this.options;
    for (let pause = firstRetry; !signal.aborted; pause = Math.min(2 * pause, longestRetry)) {
      try {
        const { backend, exec } = await this.open();
        await assertAccount(backend, this.request);
        const onLook = (workers: Workers, begunAt: number) => {
          this.saw(workers.size, begunAt);
          // Not awaited: sockets must not delay the ends of workers.
          void exec.look(workers).catch((error) => troubles.report('sockets', {}, 'cannot update the sockets', error));
        };
        await watch({ ...this.options, backend, onLook, onSilent: (error) => this.missed(error) });
      } catch (error) {
        this.missed(error);
      }
      await clock.sleep(pause, signal).catch(() => {});
    }
  }

  private async look(): Promise<void> {
    const { backend } = await this.open();
    await assertAccount(backend, this.request);
    const begunAt = this.options.clock.now();
    this.saw(groupByWorker(await backend.list()).size, begunAt);
  }

  private open(): Promise<Opened> {
    this.opening ??= this.openOnce().catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  private async openOnce(): Promise<Opened> {
    const { backend: name, endpoint } = this.request;
    const backend = await this.options.openBackend(this.request);
    if (backend.endpoint === endpoint) return { backend, exec: new ExecWatch(backend, this.options.log) };
    backend.close();
    throw new MayflyError('not_armed', { cause: `the settings now lead to ${name} at ${backend.endpoint}` });
  }

  private saw(workers: number, begunAt: number): void {
    this.workers = workers;
    if (workers === 0) this.emptyAt = begunAt;
    if (this.silent === null) return;
    this.silent = null;
    this.options.troubles.over(this.key, this.about, 'the backend answers again');
    this.options.onChange();
  }

  private missed(error: unknown): void {
    const { clock, signal, troubles, onChange } = this.options;
    if (signal.aborted) return;
    troubles.report(this.key, this.about, 'the backend does not answer; the keeper tries again', error);
    const since = this.silent?.since ?? clock.now();
    const isNew = this.silent === null;
    this.silent = { since, cause: toMayflyError(error).message };
    if (isNew) onChange();
  }

  private get key(): string {
    return `look ${keyOf(this.request)}`;
  }

  private get about(): object {
    const { backend, endpoint } = this.request;
    return { backend, endpoint };
  }
}

/** Requests for the same backend have the same key. */
export function keyOf({ backend, endpoint, account }: WatchRequest): string {
  return [backend, endpoint, account].join(' ');
}

/** Checks the account: a request holds no AWS keys, so a keeper uses those of the command that started it. @throws MayflyError `not_armed` */
async function assertAccount(backend: Backend, { account }: WatchRequest): Promise<void> {
  const found = account === undefined ? undefined : await backend.account?.();
  if (found === account) return;
  throw new MayflyError('not_armed', {
    cause: `the keeper's credentials are of account ${found}, not of ${account}; give each account its own MAYFLY_STATE_DIR or AWS_PROFILE`,
  });
}

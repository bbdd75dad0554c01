import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Backend } from '../backends/ports/backend.js';
import type { Clock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock } from '../state/lock.js';
import { removeLeftSocket } from '../state/private-socket.js';
import type { Log } from '../log.js';
import { protocolNumber, type WatchReply, type WatchRequest, watchRequest } from './protocol.js';
import { KeeperServer } from './server.js';
import { Troubles } from '../lease/troubles.js';
import { WatchList } from './watch-list.js';
import { keyOf, WatchedBackend } from './watched-backend.js';

export interface KeeperOptions {
  layout: StateLayout;
  clock: Clock;
  log: Log;
  /** Of the program: clients end a keeper that is older than they are. */
  version: string;
  openBackend(request: WatchRequest): Promise<Backend>;
  /** The request for a backend as this process's own environment leads to it. */
  requestFor(backend: BackendName): Promise<WatchRequest>;
  /** Watched from the start, by a keeper that stays whatever lives; `null` for one that commands start when they need it. */
  resident: WatchRequest | null;
  signal: AbortSignal;
}

/** Milliseconds without a worker and without a command that needs it, after which a keeper leaves. */
const idleAfter = 3000;

/** The keeper of one state directory: one at a time, gone when nothing lives. Returns when it is over. */
export async function runKeeper(options: KeeperOptions): Promise<void> {
  const { layout, clock, log, signal } = options;
  // Another keeper that is about to go still holds it; one that stays is asked instead.
  const lock = await acquireLock(layout.keeperLock, { operation: 'keeper', timeout: 2 * (idleAfter / 1000), clock, signal });
  const keeper = new Keeper(options);
  try {
    await keeper.listen();
    await keeper.resume();
    log.info({ pid: process.pid, version: options.version, state: layout.root }, 'keeper started');
    await keeper.untilIdle();
  } finally {
    await keeper.close();
    await lock.release();
    log.info({ pid: process.pid }, 'keeper gone');
  }
}

class Keeper {
  private readonly watched = new Map<string, WatchedBackend>();
  private readonly stop = new AbortController();
  private readonly server: KeeperServer;
  private readonly list: WatchList;
  private readonly troubles: Troubles;
  /** One write of the list after the other. */
  private readonly inTurn = pLimit(1);
  private lastNeeded: number;

  constructor(private readonly options: KeeperOptions) {
    const { clock, layout, log, signal } = options;
    this.lastNeeded = clock.now();
    this.server = new KeeperServer({ clock, log, answer: (line, left) => this.answer(line, left) });
    this.list = new WatchList(layout.keeperWatch, clock, log);
    this.troubles = new Troubles(log, clock);
    // Every end and every call of hundreds of workers listens to it.
    setMaxListeners(0, this.stop.signal);
    signal.addEventListener('abort', () => this.stop.abort(), { once: true });
  }

  /** A keeper that no command reaches still ends workers: a full disk has no room for a socket. */
  async listen(): Promise<void> {
    const path = this.options.layout.keeperSocket;
    try {
      // The lock is ours, so nobody serves it any more.
      removeLeftSocket(path);
      await this.server.listen(path);
    } catch (error) {
      this.options.log.warn({ socket: path, cause: toMayflyError(error).message }, 'no command can reach this keeper');
    }
  }

  /** Goes on watching what a killed keeper watched. */
  async resume(): Promise<void> {
    const { resident } = this.options;
    const { entries, complete } = await this.list.read();
    for (const { silent_since, ...request } of entries) this.watch(request, silent_since);
    if (resident) this.watch(resident);
    if (!complete) await this.watchKnown();
    if (!complete || resident) await this.save();
  }

  async untilIdle(): Promise<void> {
    const { clock } = this.options;
    while (!this.stop.signal.aborted) {
      const { lastClientAt } = this.server;
      this.lastNeeded = this.isNeeded() ? clock.now() : Math.max(this.lastNeeded, lastClientAt);
      if (clock.now() - this.lastNeeded >= idleAfter) {
        // Workers may have been made after the last look.
        await Promise.all([...this.watched.values()].map((one) => one.confirm(lastClientAt)));
        if (this.server.lastClientAt === lastClientAt && !this.isNeeded()) break;
      }
      await clock.sleep(idleAfter / 6, this.stop.signal).catch(() => {});
    }
  }

  /** A backend that did not answer stays in the list: the next keeper asks it again. */
  async close(): Promise<void> {
    const idle = !this.stop.signal.aborted;
    this.stop.abort();
    this.server.close();
    for (const one of this.watched.values()) await one.close(idle);
    if (idle) await this.save([...this.watched.values()].filter(({ trouble }) => trouble !== null));
  }

  private isNeeded(): boolean {
    return this.options.resident !== null || [...this.watched.values()].some((one) => one.isNeeded());
  }

  private async answer(line: string, left: AbortSignal): Promise<WatchReply> {
    try {
      const json = JSON.parse(line) as unknown;
      if (json !== null) {
        const { exec, ...request } = watchRequest.parse(json);
        const watched = await this.add(request);
        if (exec) {
          const release = await watched.hold(exec.worker, exec.place);
          if (left.aborted) release();
          else left.addEventListener('abort', release, { once: true });
        }
      }
      const silent = [...this.watched.values()].flatMap(({ trouble }) => trouble ?? []);
      return { ok: true, pid: process.pid, version: this.options.version, protocol: protocolNumber, silent };
    } catch (error) {
      return { ok: false, cause: toMayflyError(error).message };
    }
  }

  /** Watches a backend once it has been seen to answer. */
  private async add(request: WatchRequest): Promise<WatchedBackend> {
    const key = keyOf(request);
    const one = this.watched.get(key) ?? this.make(request);
    this.watched.set(key, one);
    try {
      await one.see(request);
    } catch (error) {
      if (!one.kept && this.watched.delete(key)) await one.close(false);
      throw error;
    }
    if (one.kept) return one;
    one.start();
    await this.save();
    return one;
  }

  /** Watches a backend whether or not it answers yet: a daemon may start after its keeper. */
  private watch(request: WatchRequest, silentSince?: number): void {
    const key = keyOf(request);
    if (this.watched.has(key)) return;
    const one = this.make(request, silentSince);
    this.watched.set(key, one);
    one.start();
  }

  /** For a list that was lost: the backends of the workers whose states are here, where this process's own environment leads to them. */
  private async watchKnown(): Promise<void> {
    const { layout, log, requestFor } = this.options;
    for (const backend of new Set((await layout.known()).map((one) => one.backend))) {
      try {
        this.watch(await requestFor(backend));
      } catch (error) {
        log.warn({ backend, cause: toMayflyError(error).message }, 'cannot watch it');
      }
    }
  }

  private make(request: WatchRequest, silentSince?: number): WatchedBackend {
    const { layout, clock, log, openBackend } = this.options;
    const onChange = () => void this.save();
    return new WatchedBackend(
      request,
      { layout, clock, log, troubles: this.troubles, openBackend, signal: this.stop.signal, onChange },
      silentSince,
    );
  }

  private save(watched: Iterable<WatchedBackend> = this.watched.values()): Promise<void> {
    return this.inTurn(() => this.list.write([...watched].filter(({ kept }) => kept).map(({ entry }) => entry)));
  }
}

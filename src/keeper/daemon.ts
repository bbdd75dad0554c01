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
  /** The version of this program. Clients of a later version end this keeper. */
  version: string;
  openBackend(request: WatchRequest): Promise<Backend>;
  /** Returns the request for the backend that this process's environment leads to. */
  requestFor(backend: BackendName): Promise<WatchRequest>;
  /** The backend of a permanent keeper, watched from the start; `null` for a keeper that a command has started. */
  resident: WatchRequest | null;
  signal: AbortSignal;
}

/** Milliseconds without workers and clients after which a keeper ends. */
const idleAfter = 3000;

/** Runs the keeper of one state directory, one at a time. Returns when no worker and no client needs it, or the signal aborts. */
export async function runKeeper(options: KeeperOptions): Promise<void> {
  const { layout, clock, log, signal } = options;
  // Wait for a keeper that is ending. If another keeper stays, commands use that one.
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
    log.info({ pid: process.pid }, 'keeper ended');
  }
}

class Keeper {
  private readonly watched = new Map<string, WatchedBackend>();
  private readonly stop = new AbortController();
  private readonly server: KeeperServer;
  private readonly list: WatchList;
  private readonly troubles: Troubles;
  /** Writes of the list, one at a time. */
  private readonly inTurn = pLimit(1);
  private lastNeeded: number;

  constructor(private readonly options: KeeperOptions) {
    const { clock, layout, log, signal } = options;
    this.lastNeeded = clock.now();
    this.server = new KeeperServer({ clock, log, answer: (line, left) => this.answer(line, left) });
    this.list = new WatchList(layout.keeperWatch, clock, log);
    this.troubles = new Troubles(log, clock);
    // Ends and calls of hundreds of workers listen to it: no warning about many listeners.
    setMaxListeners(0, this.stop.signal);
    signal.addEventListener('abort', () => this.stop.abort(), { once: true });
  }

  /** Serves commands. A failure is only logged, such as a full disk: a keeper without a socket still ends workers. */
  async listen(): Promise<void> {
    const path = this.options.layout.keeperSocket;
    try {
      // This process has the lock, so no other keeper serves an old socket.
      removeLeftSocket(path);
      await this.server.listen(path);
    } catch (error) {
      this.options.log.warn({ socket: path, cause: toMayflyError(error).message }, 'no command can reach this keeper');
    }
  }

  /** Watches the backends of an earlier keeper that was killed. */
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
        // Workers may have been created after the last look.
        await Promise.all([...this.watched.values()].map((one) => one.confirm(lastClientAt)));
        if (this.server.lastClientAt === lastClientAt && !this.isNeeded()) break;
      }
      await clock.sleep(idleAfter / 6, this.stop.signal).catch(() => {});
    }
  }

  /** Stops watching. Backends that did not answer stay in the list for the next keeper. */
  async close(): Promise<void> {
    const idle = !this.stop.signal.aborted;
    this.stop.abort();
    this.server.close();
    await Promise.all([...this.watched.values()].map((one) => one.close(idle)));
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

  /** Watches a backend after its first answer. */
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

  /** Watches a backend even if it does not answer yet: a daemon may start after its keeper. */
  private watch(request: WatchRequest, silentSince?: number): void {
    const key = keyOf(request);
    if (this.watched.has(key)) return;
    const one = this.make(request, silentSince);
    this.watched.set(key, one);
    one.start();
  }

  /** Replaces a lost list: watches the backends of all stored states, where this process's environment leads to them. */
  private async watchKnown(): Promise<void> {
    const { layout, log, requestFor } = this.options;
    for (const backend of new Set((await layout.known()).map((one) => one.backend))) {
      try {
        this.watch(await requestFor(backend));
      } catch (error) {
        log.warn({ backend, cause: toMayflyError(error).message }, 'cannot watch the backend');
      }
    }
  }

  private make(request: WatchRequest, silentSince?: number): WatchedBackend {
    const { layout, clock, log, openBackend, resident } = this.options;
    const onChange = () => void this.save();
    return new WatchedBackend(
      request,
      {
        ...{ layout, clock, log, troubles: this.troubles, openBackend, signal: this.stop.signal, onChange },
        // All clients of a daemon read the history of a keeper inside it.
        ownKeeperFirst: resident === null,
      },
      silentSince,
    );
  }

  private save(watched: Iterable<WatchedBackend> = this.watched.values()): Promise<void> {
    return this.inTurn(() => this.list.write([...watched].filter(({ kept }) => kept).map(({ entry }) => entry)));
  }
}

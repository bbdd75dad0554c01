import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Backend } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import { MayflyError, toMayflyError } from '../errors.js';
import { readIfThere, writeAtomic } from '../state/atomic-file.js';
import type { StateLayout } from '../state/layout.js';
import { acquireLock } from '../state/lock.js';
import { listenIn, removeLeftSocket } from '../state/private-socket.js';
import { ExecWatch } from './exec-watch.js';
import { type KeeperLog, watch } from './keeper.js';
import { type WatchReply, type WatchRequest, watchRequest } from './keeper-protocol.js';

export interface KeeperOptions {
  layout: StateLayout;
  clock: Clock;
  log: KeeperLog;
  openBackend(request: WatchRequest): Promise<Backend>;
  /** Watched from the start, by a keeper that stays whatever lives; `null` for one that commands start when they need it. */
  resident: WatchRequest | null;
  signal: AbortSignal;
}

/** Milliseconds without a worker and without a command that needs it, after which a keeper goes. */
const idleAfter = 3000;

interface Watched {
  request: WatchRequest;
  backend: Backend;
  exec: ExecWatch;
  workers: number;
}

/** The keeper of one state directory: one at a time, gone when nothing lives. Returns when it is over. */
export async function runKeeper(options: KeeperOptions): Promise<void> {
  const { layout, clock, log, signal } = options;
  // Another keeper that is about to go still holds it; one that stays is asked instead.
  const lock = await acquireLock(layout.keeperLock, { operation: 'keeper', timeout: 2 * (idleAfter / 1000), clock, signal });
  const keeper = new Keeper(options);
  try {
    await keeper.listen();
    await keeper.resume();
    if (options.resident) await keeper.watchAlways(options.resident);
    log.info({ pid: process.pid, state: layout.root }, 'keeper started');
    await keeper.untilIdle();
  } finally {
    await keeper.close();
    await lock.release();
    log.info({ pid: process.pid }, 'keeper gone');
  }
}

class Keeper {
  private readonly watched = new Map<string, Watched>();
  private readonly connections = new Set<Socket>();
  private readonly stop = new AbortController();
  private readonly server: Server;
  private lastNeeded: number;

  constructor(private readonly options: KeeperOptions) {
    this.lastNeeded = options.clock.now();
    this.server = createServer((socket) => this.serve(socket));
    // Every end and every call of hundreds of workers listens to it.
    setMaxListeners(0, this.stop.signal);
    options.signal.addEventListener('abort', () => this.stop.abort(), { once: true });
  }

  async listen(): Promise<void> {
    const path = this.options.layout.keeperSocket;
    // The lock is ours, so nobody serves it any more.
    removeLeftSocket(path);
    await listenIn(this.server, dirname(path), basename(path), 0o600);
  }

  /** Goes on watching what a killed keeper watched. */
  async resume(): Promise<void> {
    const text = await readIfThere(this.options.layout.keeperWatch).catch((error: unknown) => {
      this.options.log.warn({ cause: toMayflyError(error).message }, 'cannot read what an earlier keeper watched');
      return null;
    });
    for (const request of parseRequests(text)) {
      await this.add(request, false).catch((error) =>
        this.options.log.warn({ backend: request.backend, cause: toMayflyError(error).message }, 'cannot watch it'),
      );
    }
  }

  /** Whether or not it answers yet: a daemon may start after its keeper. */
  async watchAlways(request: WatchRequest): Promise<void> {
    await this.add(request, false);
  }

  async untilIdle(): Promise<void> {
    // Without its directory nobody finds this keeper: it stays only while a backend says that some worker lives.
    const { clock, layout } = this.options;
    while (!this.stop.signal.aborted) {
      const lives = existsSync(layout.root) && [...this.watched.values()].some(({ workers }) => workers > 0);
      const needed = this.connections.size > 0 || lives || this.options.resident !== null;
      if (needed) this.lastNeeded = clock.now();
      else if (clock.now() - this.lastNeeded >= idleAfter && !(await this.anyLives())) break;
      await clock.sleep(idleAfter / 6, this.stop.signal).catch(() => {});
    }
  }

  /** Looks again: the last look may be older than the last worker. A backend that does not answer may hold some. */
  private async anyLives(): Promise<boolean> {
    for (const watched of this.watched.values()) {
      watched.workers = await watched.backend.list().then(
        ({ length }) => length,
        () => (existsSync(this.options.layout.root) ? 1 : 0),
      );
    }
    return [...this.watched.values()].some(({ workers }) => workers > 0);
  }

  async close(): Promise<void> {
    const idle = !this.stop.signal.aborted;
    this.stop.abort();
    this.server.close();
    for (const socket of this.connections) socket.destroy();
    for (const { backend, exec } of this.watched.values()) {
      await exec.close();
      if (idle)
        await backend
          .tidy({ dryRun: false })
          .catch((error) => this.options.log.warn({ cause: toMayflyError(error).message }, 'cannot tidy'));
      backend.close();
    }
    if (idle) await rm(this.options.layout.keeperWatch, { force: true });
  }

  private serve(socket: Socket): void {
    this.connections.add(socket);
    socket.on('close', () => this.connections.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      void this.answer(line, socket).then((reply) => socket.writable && socket.write(`${JSON.stringify(reply)}\n`));
    });
  }

  private async answer(line: string, socket: Socket): Promise<WatchReply> {
    try {
      const json = JSON.parse(line) as unknown;
      if (json !== null) {
        const { exec, ...request } = watchRequest.parse(json);
        const watched = await this.add(request, true);
        if (exec) {
          const release = await watched.exec.hold(exec.worker, exec.place);
          if (socket.destroyed) release();
          else socket.once('close', release);
        }
      }
      return { ok: true, pid: process.pid };
    } catch (error) {
      return { ok: false, cause: toMayflyError(error).message };
    }
  }

  /** Watches a backend, `seen`: once it has been seen to answer. */
  private async add(request: WatchRequest, seen: boolean): Promise<Watched> {
    const { layout, clock, log, openBackend } = this.options;
    const key = [request.backend, request.endpoint, request.account].join(' ');
    const known = this.watched.get(key);
    const backend = known?.backend ?? (await openBackend(request));
    try {
      if (backend.endpoint !== request.endpoint) {
        throw new MayflyError('internal', { cause: `it finds ${request.backend} at ${backend.endpoint}` });
      }
      if (seen) await assertAccount(backend, request);
    } catch (error) {
      if (!known) backend.close();
      throw error;
    }
    const workers = seen ? new Set((await backend.list()).map(({ worker }) => worker)).size : 1;
    const already = this.watched.get(key);
    if (already) return already;
    const exec = new ExecWatch(backend, log);
    const watched: Watched = { request, backend, exec, workers };
    this.watched.set(key, watched);
    await writeAtomic(layout.keeperWatch, JSON.stringify([...this.watched.values()].map((one) => one.request)));
    const onLook = (count: number) => {
      watched.workers = count;
    };
    void watch({ backend, layout, clock, log, exec, signal: this.stop.signal, onLook });
    return watched;
  }
}

/** Keys of AWS are in no request: a keeper has those of the command that started it. */
async function assertAccount(backend: Backend, { account }: WatchRequest): Promise<void> {
  const found = account === undefined ? undefined : await backend.account?.();
  if (found === account) return;
  throw new MayflyError('not_armed', {
    cause: `its credentials are of account ${found}, not of ${account}; give each account a MAYFLY_STATE_DIR of its own, or an AWS_PROFILE`,
  });
}

function parseRequests(text: string | null): WatchRequest[] {
  try {
    return text === null ? [] : (JSON.parse(text) as unknown[]).map((one) => watchRequest.parse(one));
  } catch {
    return [];
  }
}

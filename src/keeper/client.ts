import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync } from 'node:fs';
import { kindOf } from '../spec/node-name.js';
import type { Clock } from '../clock.js';
import type { MayflyError } from '../errors.js';
import type { StateLayout } from '../state/layout.js';
import { readLock } from '../state/lock.js';
import { makePrivate, openPrivate } from '../state/private-path.js';
import { mayBeAlive, ownIdentity } from '../state/process-identity.js';
import { Armed, doesNotAnswer, helloTimeout, notArmed, type Reached } from './armed.js';
import { KeeperConnection } from './connection.js';
import { isOlder, protocolNumber, type SilentBackend, type WatchRequest } from './protocol.js';

/** Milliseconds in which a keeper must start, and a keeper of an earlier version must end. */
const armTimeout = 15_000;
/** Milliseconds in which a keeper must reach the backend. */
const seeTimeout = 60_000;
const connectEvery = 20;

/** Milliseconds between two starts: a keeper that ends at once is not started again in a tight loop. */
const startEvery = 500;

export interface KeeperClientOptions {
  layout: StateLayout;
  clock: Clock;
  /** The version of this program. A keeper of an earlier version is replaced. */
  version: string;
  /** The program and arguments that run a keeper; it inherits `env`. */
  command: string[];
  env: Record<string, string | undefined>;
}

/** The state of this state directory's keeper. */
export type KeeperStatus =
  | { kind: 'none' }
  /** The keeper accepts connections and does not answer, such as a stopped process. `pid`: read from its lock; `null` where it cannot be read. */
  | { kind: 'mute'; pid: number | null }
  /** `silent`: backends that do not answer it. */
  | { kind: 'alive'; pid: number; silent: readonly SilentBackend[] };

/** Finds, starts and asks the keeper for commands. Every request has a deadline. */
export class KeeperClient {
  private starting = false;
  private startedAt = -Infinity;
  /** Pids of keepers of an earlier version that were sent TERM. */
  private readonly ending = new Set<number>();

  constructor(private readonly options: KeeperClientOptions) {}

  /** Returns once a keeper watches the backend; starts one where none runs. @throws MayflyError `not_armed` */
  async arm(request: WatchRequest): Promise<Armed> {
    const armed = new Armed(() => this.reach(request));
    await armed.pid();
    return armed;
  }

  /** Starts a keeper if none answers, without waiting for it: it starts while the command plans. */
  async wake(): Promise<void> {
    const connection = await this.tryConnect();
    if (connection) connection.close();
    else this.start();
  }

  /** Does the same, if an earlier keeper left backends to watch. */
  async revive(): Promise<void> {
    if (existsSync(this.options.layout.keeperWatch)) await this.wake();
  }

  async status(): Promise<KeeperStatus> {
    const connection = await this.tryConnect();
    const reply = (await connection?.ask(null, helloTimeout)) ?? 'gone';
    connection?.close();
    if (reply === 'gone') return { kind: 'none' };
    if (reply === 'silent' || !reply.ok) return { kind: 'mute', pid: this.pidInLock() };
    return { kind: 'alive', pid: reply.pid, silent: reply.silent ?? [] };
  }

  /** Finds a keeper, or starts one, or replaces one of an earlier version. @throws MayflyError `not_armed` */
  private async reach(request: WatchRequest): Promise<Reached> {
    const { clock } = this.options;
    const deadline = clock.now() + armTimeout;
    for (;;) {
      const found = await this.askOnce(request);
      if (typeof found !== 'string') return found;
      if (clock.now() >= deadline) throw this.notArmed(`${found} within ${armTimeout / 1000} s`);
      await clock.sleep(connectEvery);
    }
  }

  /** @returns the keeper, or the reason to try again. @throws MayflyError `not_armed` where another try cannot help */
  private async askOnce(request: WatchRequest): Promise<Reached | string> {
    const connection = await this.connect();
    if (!connection) {
      this.start();
      return 'no keeper answered';
    }
    // If this keeper ends now, another may be started.
    this.starting = false;
    const hello = await connection.ask(null, helloTimeout);
    if (hello === 'gone') return 'no keeper stayed';
    if (hello === 'silent') throw notArmed(doesNotAnswer(this.pidInLock()));
    const needed = kindOf(request.backend) === request.backend ? 1 : protocolNumber;
    if (hello.ok && (isOlder(hello.version, this.options.version) || (hello.protocol ?? 1) < needed)) {
      connection.close();
      this.endOlder(hello.pid);
      return `the keeper of an earlier version (pid ${hello.pid}) did not end`;
    }
    const reply = hello.ok ? await connection.ask(request, seeTimeout) : hello;
    if (reply === 'gone') return 'no keeper stayed';
    if (reply === 'silent')
      throw this.notArmed(`the keeper did not reach ${request.backend} at ${request.endpoint} within ${seeTimeout / 1000} s`);
    if (reply.ok) return { pid: reply.pid, connection };
    connection.close();
    throw this.notArmed(`the keeper cannot watch ${request.backend} at ${request.endpoint}: ${reply.cause}`);
  }

  /**
   * Sends TERM once to a keeper of an earlier version. Its list of backends stays for the next keeper.
   *
   * @throws MayflyError `not_armed` where it may not be the process that holds the lock
   */
  private endOlder(pid: number): void {
    if (this.ending.has(pid)) return;
    const holder = readLock(this.options.layout.keeperLock)?.process;
    const isHere = holder?.pid === pid && holder.host === ownIdentity().host;
    if (!isHere) {
      const remedy = `end it where it runs (kill ${pid}), then run the same command again`;
      throw notArmed({ cause: `a keeper of an earlier version (pid ${pid}) runs on another machine or in another container`, remedy });
    }
    if (mayBeAlive(holder)) process.kill(pid, 'SIGTERM');
    this.ending.add(pid);
  }

  /** The pid of the keeper that holds the lock; `null` where that cannot be read. */
  private pidInLock(): number | null {
    return readLock(this.options.layout.keeperLock)?.process.pid ?? null;
  }

  private connect(): Promise<KeeperConnection | null> {
    return KeeperConnection.open(this.options.layout.keeperSocket, this.options.clock);
  }

  /** Returns `null` also for another user's socket: `arm` reports it. */
  private tryConnect(): Promise<KeeperConnection | null> {
    return this.connect().catch(() => null);
  }

  private notArmed(cause: string): MayflyError {
    return notArmed({ cause, remedy: `see ${this.options.layout.keeperLog}` });
  }

  private start(): void {
    const now = this.options.clock.now();
    if (this.starting || now - this.startedAt < startEvery) return;
    // A new keeper ends again if a slow ending keeper still holds the lock.
    startKeeper(this.options).once('exit', () => (this.starting = false));
    this.starting = true;
    this.startedAt = now;
  }
}

/** Starts a detached process: it outlives the command, its terminal and its session. */
function startKeeper({ layout, command, env }: KeeperClientOptions): ChildProcess {
  makePrivate(layout.root, layout.root);
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const log = openPrivate(layout.keeperLog, O_WRONLY | O_APPEND | O_CREAT);
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    // Started by a command inside a worker, the keeper must not count as a process of that worker.
    env: { ...env, MAYFLY_STATE_DIR: layout.root, MAYFLY_OBJECT: undefined, MAYFLY_WORKER: undefined },
  });
  // A missing program shows later, as a keeper that does not answer.
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  return child;
}

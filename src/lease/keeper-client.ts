import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import type { ArmedLayer } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { makePrivate, openPrivate } from '../state/private-path.js';
import { dialOwn } from '../state/private-socket.js';
import type { WatchReply, WatchRequest } from './keeper-protocol.js';

/** Milliseconds a keeper has to start, and to see the backend. */
const armTimeout = 15_000;
const connectEvery = 20;

/** Between two starts: one that goes at once is not started in a rush. */
const startEvery = 500;

export interface KeeperClientOptions {
  layout: StateLayout;
  clock: Clock;
  /** The program and arguments that run a keeper; it inherits `env`. */
  command: string[];
  env: Record<string, string | undefined>;
}

/** A keeper that is alive and has seen the backend; it stays at least until released. */
export interface Armed {
  pid: number;
  release(): void;
}

/** What ends a worker, and by when at the latest: the keeper of this machine, one inside the backend, and a scheduler of the backend's. */
export function layersOf(pid: number | null, resident: string | null, scheduler: string | undefined, endsBy: number): ArmedLayer[] {
  return [
    ...(pid === null ? [] : [{ layer: 'keeper', detail: `pid ${pid} on this machine`, endsBy }]),
    ...(resident === null ? [] : [{ layer: 'keeper', detail: `${resident} inside the daemon`, endsBy }]),
    ...(scheduler === undefined ? [] : [{ layer: 'scheduler', detail: scheduler, endsBy }]),
  ];
}

/** How commands come by a keeper. */
export class KeeperClient {
  private starting = false;
  private startedAt = -Infinity;

  constructor(private readonly options: KeeperClientOptions) {}

  /** Makes sure a keeper watches the backend, starting one when none does. @throws MayflyError `not_armed` */
  async arm(request: WatchRequest): Promise<Armed> {
    const { layout, clock } = this.options;
    const deadline = clock.now() + armTimeout;
    for (;;) {
      const socket = await dialOwn(layout.keeperSocket);
      if (socket) {
        const reply = await ask(socket, request);
        if (reply?.ok) return { pid: reply.pid, release: () => socket.destroy() };
        socket.destroy();
        if (reply) throw notArmed(layout, `the keeper cannot watch ${request.backend} at ${request.endpoint}: ${reply.cause}`);
        // It was about to go; another is needed.
        this.starting = false;
      } else this.start();
      if (clock.now() >= deadline) throw notArmed(layout, `no keeper answered within ${armTimeout / 1000} s`);
      await clock.sleep(connectEvery);
    }
  }

  /** Starts a keeper if none answers, and doesn't wait for it: it gets up while the command still plans. */
  async wake(): Promise<void> {
    const socket = await this.dial();
    if (socket) socket.destroy();
    else this.start();
  }

  /** Starts one again if one should be there and isn't. */
  async revive(): Promise<void> {
    if (existsSync(this.options.layout.keeperWatch)) await this.wake();
  }

  /** The keeper's pid, `null` when none answers. */
  async pid(): Promise<number | null> {
    const socket = await this.dial();
    if (!socket) return null;
    const reply = await ask(socket, null);
    socket.destroy();
    return reply?.ok ? reply.pid : null;
  }

  /** Another user's socket is no keeper of ours: `arm` reports it. */
  private dial(): Promise<Socket | null> {
    return dialOwn(this.options.layout.keeperSocket).catch(() => null);
  }

  private start(): void {
    const now = this.options.clock.now();
    if (this.starting || now - this.startedAt < startEvery) return;
    // It goes again when another, that was about to go and took its time, still held the lock.
    startKeeper(this.options).once('exit', () => (this.starting = false));
    this.starting = true;
    this.startedAt = now;
  }
}

/** A process of its own: it outlives the command, its terminal and its session. */
function startKeeper({ layout, command, env }: KeeperClientOptions): ChildProcess {
  makePrivate(layout.root, layout.root);
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const log = openPrivate(layout.keeperLog, O_WRONLY | O_APPEND | O_CREAT);
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    // Not one of the processes of a worker, even when a command inside one starts it.
    env: { ...env, MAYFLY_STATE_DIR: layout.root, MAYFLY_OBJECT: undefined, MAYFLY_WORKER: undefined },
  });
  // A program that is not there shows as a keeper that does not answer.
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  return child;
}

/** `null` when the keeper went away before it answered. */
function ask(socket: Socket, request: WatchRequest | null): Promise<WatchReply | null> {
  return new Promise((resolve) => {
    createInterface({ input: socket }).once('line', (line) => resolve(JSON.parse(line) as WatchReply));
    socket.once('close', () => resolve(null));
    socket.on('error', () => resolve(null));
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

function notArmed(layout: StateLayout, cause: string): MayflyError {
  return new MayflyError('not_armed', {
    cause: `nothing that could end the worker is alive, so nothing was made: ${cause}`,
    remedy: `see ${layout.keeperLog}`,
  });
}

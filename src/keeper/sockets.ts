import pLimit from 'p-limit';
import type { Backend } from '../backends/ports/backend.js';
import type { ServedSocket } from '../backends/ports/engine-sockets.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { toMayflyError } from '../errors.js';
import type { Log } from '../log.js';

interface Served {
  place: string;
  /** `null`: another keeper serves it. */
  socket: ServedSocket | null;
}

/**
 * Serves the sockets over which engines run commands in their containers, on one backend: for workers found by label, and for workers
 * that are being created.
 */
export class ExecWatch {
  private readonly served = new Map<string, Served>();
  /** Workers that are being created; `by`: the number of commands that create one. */
  private readonly held = new Map<string, { place: string; by: number }>();
  /** Workers whose failure was logged. */
  private readonly reported = new Set<string>();
  /** One change at a time: no socket may be served twice. */
  private readonly inTurn = pLimit(1);

  constructor(
    private readonly backend: Backend,
    private readonly log: Log,
  ) {}

  /** Serves a worker's socket before its engine exists. @returns a function to call when the engine exists, or its creation has failed */
  async hold(worker: string, place: string): Promise<() => void> {
    const by = (this.held.get(worker)?.by ?? 0) + 1;
    this.held.set(worker, { place, by });
    await this.inTurn(() => this.serve(worker, place));
    return () => {
      const left = (this.held.get(worker)?.by ?? 1) - 1;
      if (left > 0) this.held.set(worker, { place, by: left });
      else this.held.delete(worker);
    };
  }

  /** Serves the sockets of the living workers and closes the others. A failure is logged once and tried again at the next look. */
  look(workers: ReadonlyMap<string, readonly OwnedObject[]>): Promise<void> {
    return this.inTurn(() => this.tend(workers));
  }

  private async tend(workers: ReadonlyMap<string, readonly OwnedObject[]>): Promise<void> {
    const sockets = this.backend.engineSockets;
    if (!sockets) return;
    const wanted = new Map([...this.held].map(([worker, { place }]) => [worker, place]));
    for (const [worker, objects] of workers) {
      const place = sockets.placeOf(objects);
      if (place !== null) wanted.set(worker, place);
    }
    for (const [worker, { place, socket }] of this.served) {
      if (wanted.get(worker) === place) continue;
      this.served.delete(worker);
      await socket?.close();
      // The look may be old: a new worker of this name may need the directory already.
      if ((await this.backend.list(worker)).length === 0) await sockets.forget(place);
    }
    for (const [worker, place] of wanted) {
      try {
        await this.serve(worker, place);
        this.reported.delete(worker);
      } catch (error) {
        if (this.reported.has(worker)) continue;
        this.reported.add(worker);
        this.log.warn({ worker, place, cause: toMayflyError(error).message }, 'cannot serve the socket of its engine');
      }
    }
  }

  /** Closes all sockets. Their directories stay: the next keeper serves there again. */
  close(): Promise<void> {
    return this.inTurn(async () => {
      for (const { socket } of this.served.values()) await socket?.close();
      this.served.clear();
    });
  }

  private async serve(worker: string, place: string): Promise<void> {
    const current = this.served.get(worker);
    if (current?.place === place && (await current.socket?.isThere())) return;
    await current?.socket?.close();
    const socket = (await this.backend.engineSockets?.serve(worker, place, this.log)) ?? null;
    this.served.set(worker, { place, socket });
  }
}

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
 * Serves the sockets of the workers of one backend whose engines run commands in their containers: of those found by label, and of those
 * that are about to be made.
 */
export class ExecWatch {
  private readonly served = new Map<string, Served>();
  /** Workers being made, with how many commands do so. */
  private readonly held = new Map<string, { place: string; by: number }>();
  private readonly told = new Set<string>();
  /** One thing at a time: a socket that is about to be served must not be served a second time. */
  private readonly inTurn = pLimit(1);

  constructor(
    private readonly backend: Backend,
    private readonly log: Log,
  ) {}

  /** Serves a worker's socket before its engine is there. @returns what to call when it is made, or isn't going to be */
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

  /** Serves what is there and lets go of what isn't any more. What cannot be served is told once, and tried again. */
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
      await sockets.forget(place);
    }
    for (const [worker, place] of wanted) {
      try {
        await this.serve(worker, place);
        this.told.delete(worker);
      } catch (error) {
        if (this.told.has(worker)) continue;
        this.told.add(worker);
        this.log.warn({ worker, place, cause: toMayflyError(error).message }, 'cannot serve the socket of its engine');
      }
    }
  }

  /** The directories stay: the next keeper serves there again. */
  close(): Promise<void> {
    return this.inTurn(async () => {
      for (const { socket } of this.served.values()) await socket?.close();
      this.served.clear();
    });
  }

  private async serve(worker: string, place: string): Promise<void> {
    const known = this.served.get(worker);
    if (known?.place === place && (await known.socket?.isThere())) return;
    await known?.socket?.close();
    const socket = (await this.backend.engineSockets?.serve(worker, place, this.log)) ?? null;
    this.served.set(worker, { place, socket });
  }
}

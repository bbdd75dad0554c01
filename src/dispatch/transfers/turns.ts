import { EventEmitter, once } from 'node:events';

/** The most transfers at a time. */
const most = 16;

/**
 * Lets transfers take turns. A container is in one transfer at a time: a Docker daemon locks a container while its files are read or written,
 * so two transfers in opposite directions would wait for each other.
 */
export class Turns {
  private readonly busy = new Set<string>();
  private running = 0;
  private readonly freed = new EventEmitter().setMaxListeners(0);

  /** Does work when its containers are free. @throws the signal's reason */
  async take<T>(containers: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.running >= most || containers.some((one) => this.busy.has(one))) await this.change(signal);
    for (const one of containers) this.busy.add(one);
    this.running += 1;
    try {
      return await work();
    } finally {
      for (const one of containers) this.busy.delete(one);
      this.running -= 1;
      this.freed.emit('change');
    }
  }

  private async change(signal: AbortSignal): Promise<void> {
    await once(this.freed, 'change', { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
}

import { EventEmitter, once } from 'node:events';

/** The most transfers at a time, of all organisations together and of one. */
const most = 16;
const mostOfOrganisation = 8;

/** A transfer's organisation, and its containers. */
interface Turn {
  organisation: string;
  containers: readonly string[];
}

/**
 * Lets transfers take turns. A container is in one transfer at a time: a Docker daemon locks a container while its files are read or written,
 * so two transfers in opposite directions would wait for each other.
 */
export class Turns {
  private readonly running = new Set<Turn>();
  private readonly freed = new EventEmitter().setMaxListeners(0);

  /** Does work when its containers are free. Those that wait look in the order of their arrival. @throws the signal's reason */
  async take<T>(turn: Turn, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (!this.mayBegin(turn)) await this.change(signal);
    this.running.add(turn);
    try {
      return await work();
    } finally {
      this.running.delete(turn);
      this.freed.emit('change');
    }
  }

  private mayBegin({ organisation, containers }: Turn): boolean {
    const running = [...this.running];
    const own = running.filter((one) => one.organisation === organisation).length;
    const isBusy = containers.some((container) => running.some((one) => one.containers.includes(container)));
    return running.length < most && own < mostOfOrganisation && !isBusy;
  }

  private async change(signal: AbortSignal): Promise<void> {
    await once(this.freed, 'change', { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
}

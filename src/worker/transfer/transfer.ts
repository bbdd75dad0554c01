import type { WorkerFiles } from '../../backends/ports/sessions.js';
import { MayflyError } from '../../errors.js';
import { Interrupted } from './interrupted.js';
import { type OnceContext, transferOnce, type Transferred } from './once.js';

export type { Transferred } from './once.js';

/** A path in a container of a worker. */
export interface TransferPlace {
  /** `WORKER:CONTAINER`, for messages. */
  name: string;
  /** The container, the same for the same container. */
  id: string;
  path: string;
  /** @throws MayflyError `container_unknown`, `worker_unknown` */
  open(): Promise<WorkerFiles>;
}

export interface TransferContext extends OnceContext {
  /** Called before a transfer is begun again. */
  onAgain(cause: string): void;
}

/** Milliseconds before the second and third try. */
const pauses = [1000, 5000];

/**
 * Copies a file or a tree between containers, see `transferOnce`. A transfer that breaks off is begun again, twice at most; nothing of it is
 * under its final name then.
 *
 * @throws MayflyError with the place that it is about; the signal's reason
 */
export async function transfer(from: TransferPlace, to: TransferPlace, context: TransferContext): Promise<Transferred> {
  const { clock, signal, onAgain } = context;
  if (from.id === to.id) throw sameContainer(from, to);
  let first: Error | undefined;
  for (let tried = 0; ; tried += 1) {
    try {
      const [source, destination] = [
        { ...from, files: await from.open() },
        { ...to, files: await to.open() },
      ];
      return await transferOnce(source, destination, context);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      first ??= error;
      const pause = pauses[tried];
      if (pause === undefined) throw brokenOff(from, to, first);
      onAgain(error.message);
      await clock.sleep(pause, signal);
    }
  }
}

function mayPass(error: unknown): error is Error {
  return error instanceof Interrupted || (error instanceof MayflyError && error.code === 'backend_unreachable');
}

function brokenOff(from: TransferPlace, to: TransferPlace, error: Error): MayflyError {
  return new MayflyError('copy_failed', {
    place: { path: `${from.name}:${from.path}` },
    cause: `the transfer to ${to.name}:${to.path} broke off ${pauses.length + 1} times, first because ${error.message}`,
    remedy: 'nothing was copied: correct the cause and copy again',
    error,
  });
}

function sameContainer({ name, path }: TransferPlace, to: TransferPlace): MayflyError {
  const [worker, container] = name.split(':');
  return new MayflyError('usage', {
    cause: 'both places are in the same container',
    remedy: `copy inside of it: mayfly exec ${worker} ${container} -- cp -a ${path} ${to.path}`,
  });
}

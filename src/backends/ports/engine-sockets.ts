import type { Log } from '../../log.js';
import type { Offer } from '../../spec/offer.js';
import type { OwnedObject } from './owned-object.js';

/** The sockets over which engines run commands: in the containers of their own worker, and in no others. */
export interface EngineSockets {
  /** Where the engine of a worker that is about to be made looks for its socket; `null`: another keeper serves it. */
  placeFor(offer: Offer, worker: string): string | null;
  /** Where the engine among a worker's objects looks for its socket; `null`: it asked for none. */
  placeOf(objects: readonly OwnedObject[]): string | null;
  /** Serves the socket at `place`. `null`: another process serves it. @throws when the place cannot be reached from here */
  serve(worker: string, place: string, log: Pick<Log, 'warn'>): Promise<ServedSocket | null>;
  /** Removes the files of a socket, once its worker has ended. */
  forget(place: string): Promise<void>;
}

export interface ServedSocket {
  close(): Promise<void>;
  /** Whether clients still find the socket at its place. */
  isThere(): Promise<boolean>;
}

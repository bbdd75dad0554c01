import type { Log } from '../../log.js';
import type { Offer } from '../../spec/offer.js';
import type { OwnedObject } from './owned-object.js';

/** Sockets over which engines run commands, only in containers of their own worker. */
export interface EngineSockets {
  /** The place of the socket for the engine of a new worker; `null`: another keeper serves it. */
  placeFor(offer: Offer, worker: string): string | null;
  /** The place of the socket for the engine among a worker's objects; `null`: it needs none. */
  placeOf(objects: readonly OwnedObject[]): string | null;
  /** Serves the socket at `place`. `null`: another process serves it. @throws where the place cannot be reached from this process */
  serve(worker: string, place: string, log: Pick<Log, 'warn'>): Promise<ServedSocket | null>;
  /** Removes the files of a socket after its worker has ended. */
  forget(place: string): Promise<void>;
}

export interface ServedSocket {
  close(): Promise<void>;
  /** Whether clients can still connect at the socket's place. */
  isThere(): Promise<boolean>;
}

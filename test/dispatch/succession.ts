import { untilIdle } from '../support/idle.js';
import type { Service } from './scene.js';

/** A service whose process may die at one of its calls, and the process that follows. */
export interface Succession {
  /** The living process. */
  readonly service: Service;
  /** Starts the next process after a death. @returns whether the first one had died */
  succeed(): Promise<boolean>;
  /** Sends a request, and again to the next process where the first one dies meanwhile. @throws the request's error */
  ask(request: (service: Service) => Promise<unknown>): Promise<void>;
}

export function successionOf(first: Service, serve: () => Promise<Service>): Succession {
  let service = first;
  let dead = false;
  void first.client.faults.death.then(() => (dead = true));
  const succeed = async () => {
    await untilIdle();
    if (!dead || service !== first) return false;
    await first.kill();
    service = await serve();
    return true;
  };
  return {
    get service() {
      return service;
    },
    succeed,
    async ask(request) {
      for (let again = true; again; again = await succeed()) await Promise.race([request(service), service.client.faults.death]);
    },
  };
}

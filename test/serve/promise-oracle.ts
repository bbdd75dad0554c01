import { runOfWorker } from '../../src/dispatch/worker-name.js';
import { must } from '../support/docker.js';

/** An event of a run, as the API returns it. */
export interface RunEvent {
  run: string;
  at: string;
  type: string;
  data: Record<string, unknown>;
}

/** Starts after a promised time, and promises that were moved, in the events of one run. */
export function brokenPromises(events: readonly RunEvent[]): string[] {
  const broken: string[] = [];
  let promised: string | null = null;
  for (const { run, at, type, data } of events) {
    if (type === 'promise_moved') broken.push(`${run}: moved at ${at}: ${JSON.stringify(data)}`);
    if (type === 'promised') {
      const startsBy = data['starts_by'] as string;
      if (promised !== null && startsBy > promised) broken.push(`${run}: promised ${promised}, then ${startsBy}`);
      promised = startsBy;
    }
    if (type === 'placed') {
      if (promised !== null && at > promised) broken.push(`${run}: promised ${promised}, placed ${at}`);
      promised = null;
    }
  }
  return broken;
}

/** The observations of `overseenCapacity`. */
export interface Seen {
  broken: string[];
  looks: number;
  /** The most millicores that were in use on a node at once. */
  most: number;
}

/**
 * Watches daemons: the workers that have a container never ask for more than the capacity of their node.
 *
 * @param sockets of the daemons
 * @param asked millicores by run; complete when the first worker is made
 * @param capacity millicores of each node
 */
export function overseenCapacity(
  sockets: readonly string[],
  asked: ReadonlyMap<string, number>,
  capacity: number,
): { stop(): Promise<Seen> } {
  const seen: Seen = { broken: [], looks: 0, most: 0 };
  let going = true;
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.mayfly.worker'] }));
  const look = async (socketPath: string) => {
    const containers = await must<{ Labels: Record<string, string> }[]>(
      'GET',
      `/containers/json?all=true&filters=${filters}`,
      undefined,
      socketPath,
    );
    const runs = new Set(containers.flatMap(({ Labels }) => runOfWorker(Labels['dev.mayfly.worker'] ?? '')?.run ?? []));
    const used = [...runs].reduce((sum, run) => sum + asked.get(run)!, 0);
    seen.looks += 1;
    seen.most = Math.max(seen.most, used);
    if (!(used <= capacity)) seen.broken.push(`${socketPath}: ${used} millicores: ${[...runs].join(' ')}`);
  };
  const watching = (async () => {
    while (going) {
      await Promise.all(sockets.map(look));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      return seen;
    },
  };
}

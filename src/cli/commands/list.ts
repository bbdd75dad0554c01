import { describeFaults } from '../../backends/ports/container-state.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { lookCode } from '../../worker/locate.js';
import { listWorkers } from '../../worker/list.js';
import { type CommonArgs, inSession } from '../session.js';
import { duration, table } from '../../views/format.js';
import { missing, noteUnreachable } from '../../views/unreachable-view.js';

export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ house, json, out, line, note }) => {
    const { workers, unreachable } = await listWorkers(house, args.backend as BackendName | undefined);
    const now = house.clock.now();
    noteUnreachable(note, unreachable);
    if (json) {
      line(
        workers.map(({ objects, ends, createdAt, ...worker }) => ({
          ...worker,
          created: new Date(createdAt).toISOString(),
          ends: ends && new Date(ends.endsAt).toISOString(),
          objects: objects.map(({ name }) => name),
        })),
      );
      return lookCode(unreachable);
    }
    if (workers.length === 0) out(`No workers${missing(unreachable)}.`);
    else {
      const rows = workers.map(({ name, backend, status, ends, containers, objects }) => [
        name,
        backend,
        status === 'degraded' ? `degraded: ${describeFaults(containers)}` : status,
        `in ${duration((ends.endsAt - now) / 1000)}`,
        String(objects.length),
      ]);
      out(table([['WORKER', 'BACKEND', 'STATUS', 'ENDS', 'OBJECTS'], ...rows]));
    }
    return lookCode(unreachable);
  });
}

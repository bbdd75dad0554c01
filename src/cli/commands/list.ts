import type { BackendName } from '../../spec/worker-spec.js';
import { listWorkers } from '../../worker/list.js';
import { type CommonArgs, inSession } from '../session.js';
import { duration, table } from '../views/format.js';

export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ house, json, out, line, note }) => {
    const { workers, unreachable } = await listWorkers(house, args.backend as BackendName | undefined);
    const now = house.clock.now();
    for (const { backend, error } of unreachable) note(`${backend} is left out: ${error.message}`);
    if (json) {
      line(
        workers.map(({ objects, ends, createdAt, ...worker }) => ({
          ...worker,
          created: new Date(createdAt).toISOString(),
          ends: ends && new Date(ends.endsAt).toISOString(),
          objects: objects.map(({ name }) => name),
        })),
      );
      return 0;
    }
    if (workers.length === 0) out('No workers.');
    else {
      const rows = workers.map(({ name, backend, status, ends, objects }) => [
        name,
        backend,
        status,
        ends ? `in ${duration((ends.endsAt - now) / 1000)}` : 'unknown',
        String(objects.length),
      ]);
      out(table([['WORKER', 'BACKEND', 'STATUS', 'ENDS', 'OBJECTS'], ...rows]));
    }
    return 0;
  });
}

import type { BackendName } from '../../spec/worker-spec.js';
import { workersDocument, workersTable } from '../../views/list-view.js';
import { missing, noteUnreachable } from '../../views/unreachable-view.js';
import { lookCode } from '../../worker/locate.js';
import { listWorkers } from '../../worker/list.js';
import { type CommonArgs, inSession } from '../session.js';

export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ call, json, out, line, note }) => {
    const { workers, unreachable } = await listWorkers(call, args.backend as BackendName | undefined);
    noteUnreachable(note, unreachable);
    if (json) line(workersDocument(workers));
    else if (workers.length === 0) out(`No workers${missing(unreachable)}.`);
    else out(workersTable(workers, call.clock.now()));
    return lookCode(unreachable);
  });
}

import { workersDocument, workersTable } from '../../../views/list-view.js';
import { missing, noteUnreachable } from '../../../views/unreachable-view.js';
import { lookCode } from '../../../worker/locate.js';
import { listWorkers } from '../../../worker/list.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line, note }) => {
    const { workers, unreachable } = await listWorkers(call, args.backend);
    noteUnreachable(note, unreachable);
    if (json) line(workersDocument(workers));
    else if (workers.length === 0) out(`No workers${missing(unreachable)}.`);
    else out(workersTable(workers, call.clock.now()));
    return lookCode(unreachable);
  });
}

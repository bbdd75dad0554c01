import { existsSync } from 'node:fs';
import { loadSpec } from '../../spec/load.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { destroyWorker } from '../../worker/destroy.js';
import { type CommonArgs, inGracefulSession } from '../session.js';
import { approve } from './approve.js';

interface Args extends CommonArgs {
  worker: string;
  name?: string;
  autoApprove: boolean;
}

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async (session) => {
    const worker = await workerName(args);
    const result = await destroyWorker(session.house, worker, {
      ...(args.backend && { backend: args.backend as BackendName }),
      approve: (objects, backend) => {
        if (!session.json) {
          session.note([`  ${worker} on ${backend.name}:`, ...objects.map(({ name, type }) => `  -   ${name} (${type})`), ''].join('\n'));
        }
        return approve(session, 'Destroy all of this?', args.autoApprove);
      },
    });
    session.settle();
    const gone = 'gone' in result;
    if (session.json)
      session.line({
        worker,
        destroyed: result.done,
        gone_already: gone,
        objects: 'objects' in result ? result.objects.map(({ name }) => name) : [],
      });
    else if (gone) session.out(`${worker} is gone already${result.last ? `: ${result.last.reason.replace('_', ' ')}` : ''}.`);
    else session.out(result.done ? `${worker} is destroyed: ${result.objects.length} removed.` : 'Nothing was done.');
    return result.done ? 0 : 1;
  });
}

/** A name, or a spec file that has it. */
async function workerName({ worker, name }: Args): Promise<string> {
  const isFile = /[./]/.test(worker) || worker === '-' || existsSync(worker);
  if (!isFile) return worker;
  return (await loadSpec(worker, { ...(name && { name }), env: process.env, cwd: process.cwd() })).spec.name;
}

import { statSync } from 'node:fs';
import { loadSpec } from '../../spec/load.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { destroyWorker } from '../../worker/destroy.js';
import { type CommonArgs, inGracefulSession } from '../session.js';
import { count } from '../views/format.js';
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
          session.note([`  ${worker} on ${backend.name}:`, ...objects.map(({ name, type }) => `  - ${name} (${type})`), ''].join('\n'));
        }
        return approve(session, 'Destroy all of this?', args.autoApprove, 'give --auto-approve');
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
    else session.out(result.done ? `${worker} is destroyed: ${count(result.objects.length, 'object')} removed.` : 'Nothing was done.');
    return result.done ? 0 : 1;
  });
}

/** A name, or a spec file that has it. A folder of the worker's name is none. */
async function workerName({ worker, name }: Args): Promise<string> {
  const given = /[./]/.test(worker) || worker === '-' || isFile(worker);
  if (!given) return worker;
  return (await loadSpec(worker, { ...(name && { name }), env: process.env, cwd: process.cwd() })).spec.name;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

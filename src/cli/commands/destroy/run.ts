import { describeEnd } from '../../../events.js';
import pLimit, { type LimitFunction } from 'p-limit';
import { statSync } from 'node:fs';
import { type DestroyOptions, destroyWorker } from '../../../worker/destroy.js';
import { inGracefulSession, type Session } from '../../session.js';
import { count } from '../../../views/format.js';
import { approve } from '../shared/approve.js';
import { eachWorker, type Show, specsOf } from '../shared/each-spec.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async (session) => {
    // One question at a time on one terminal.
    const inTurn = pLimit(1);
    const named = (await workerNames(args)).map((name) => ({ name, item: name }));
    return eachWorker(session, named, (own, worker) => destroyOne(own, worker, args, inTurn));
  });
}

async function destroyOne(session: Session, worker: string, args: Args, inTurn: LimitFunction): Promise<Show> {
  const show: DestroyOptions['onObjects'] = (objects, backend) => {
    if (session.json) return;
    session.note([`  ${worker} on ${backend.name}:`, ...objects.map(({ name, type }) => `  - ${name} (${type})`), ''].join('\n'));
  };
  const showAndAsk: DestroyOptions['approve'] = (objects, backend) =>
    inTurn(() => {
      show(objects, backend);
      return approve(session, 'Destroy these objects?', 'give --auto-approve');
    });
  const result = await destroyWorker(session.call, worker, {
    ...(args.backend && { backend: args.backend }),
    ...(args.autoApprove ? { onObjects: show } : { approve: showAndAsk }),
  });
  session.settle();
  return () => {
    const gone = 'gone' in result;
    if (session.json)
      session.line({
        worker,
        destroyed: result.done,
        gone_already: gone,
        objects: 'objects' in result ? result.objects.map(({ name }) => name) : [],
      });
    else if (gone) session.out(`${worker} has already ended${result.last ? `: ${describeEnd(result.last)}` : ''}.`);
    else session.out(result.done ? `${worker} is destroyed: ${count(result.objects.length, 'object')} removed.` : 'Nothing was done.');
    return result.done ? 0 : 1;
  };
}

/** The given name, or the names in the given spec file. A folder with the worker's name is no spec. */
async function workerNames({ worker, ...args }: Args): Promise<string[]> {
  const given = /[./]/.test(worker) || worker === '-' || isFile(worker);
  return given ? (await specsOf(worker, args)).map(({ spec }) => spec.name) : [worker];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

import { describeEnd } from '../../../events.js';
import pLimit, { type LimitFunction } from 'p-limit';
import { type DestroyOptions, destroyWorker } from '../../../worker/destroy.js';
import { byEitherName } from '../../../worker/spec-name.js';
import { inGracefulSession, type Session } from '../../session.js';
import { count } from '../../../views/format.js';
import { approve } from '../shared/approve.js';
import { eachWorker, type Show } from '../shared/each-spec.js';
import { specNames } from './names.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async (session) => {
    // One question at a time on one terminal.
    const inTurn = pLimit(1);
    const destroy = (own: Session, worker: string) => destroyOne(own, worker, args, inTurn);
    const specs = await specNames(args);
    const named = (specs ?? [args.worker]).map((name) => ({ name, item: name }));
    return eachWorker(session, named, (own, name) =>
      // A spec file ends its own worker alone, not a dispatcher's with a spec of the same name.
      specs ? destroy(own, name) : byEitherName(own.call, name, args.backend, (worker) => destroy(own, worker)),
    );
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

import pLimit, { type LimitFunction } from 'p-limit';
import { isFinal } from '../../../client/documents.js';
import { findRun } from '../../../client/find-run.js';
import { follow } from '../../../client/follow.js';
import { stateOf } from '../../../views/run-view.js';
import { assertNone } from '../../remote/portable.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { approve } from '../shared/approve.js';
import { eachWorker, type Show } from '../shared/each-spec.js';
import { specNames } from './names.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    assertNone(args, { applier: 'applier', lockTimeout: 'lock-timeout' });
    const inTurn = pLimit(1);
    const named = ((await specNames(args)) ?? [args.worker]).map((name) => ({ name, item: name }));
    return eachWorker(session, named, (own, name) => destroyOne(own, name, args, inTurn));
  });
}

/** Ends a run and waits until it is final. */
async function destroyOne(session: RemoteSession, wanted: string, args: Args, inTurn: LimitFunction): Promise<Show> {
  const { client, call, json, line, out } = session;
  const found = await findRun(client, wanted);
  if (isFinal(found)) return () => (json ? line(found) : out(`${wanted} has already ended: ${stateOf(found)}.`), 0);
  const title = `the run ${found.id} of ${found.name} (${stateOf(found)})`;
  if (!args.autoApprove && !(await inTurn(() => approve(session, `End ${title}?`, 'give --auto-approve')))) {
    return () => (out('Nothing was done.'), 1);
  }
  await client.cancel(found.id, 'mayfly destroy');
  const ended = await follow(client, found.id, isFinal, { clock: call.clock, signal: call.stop });
  return () => (json ? line(ended) : out(`${wanted} is ended: ${stateOf(ended)}.`), 0);
}

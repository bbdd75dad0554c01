import { filesInRun } from '../../../client/files.js';
import { findRun } from '../../../client/find-run.js';
import { transferBetween } from '../../../client/transfers.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';
import { againNote, copyBetween, type InContainer, placesOf } from './places.js';

/** As `run` of this command, in a run's worker. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession({ ...args, json: false }, async ({ client, connection, call, passOn, note }) => {
    const places = placesOf(args);
    if ('from' in places) {
      const runPath = async ({ worker, ...place }: InContainer) => ({ ...place, run: (await findRun(client, worker)).id });
      const [from, to] = [await runPath(places.from), await runPath(places.to)];
      await transferBetween(connection, { from, to, onAgain: (cause) => note(againNote(cause)) });
      return 0;
    }
    const { id } = await findRun(client, places.inContainer.worker);
    await copyBetween(places, await filesInRun(connection, id, places.inContainer.container), { ...call, passOn });
    return 0;
  });
}

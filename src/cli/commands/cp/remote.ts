import { filesInRun } from '../../../client/files.js';
import { findRun } from '../../../client/find-run.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';
import { copyBetween, placesOf } from './places.js';

/** As `run` of this command, in a run's worker. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession({ ...args, json: false }, async ({ client, connection, call, passOn }) => {
    const places = placesOf(args);
    const { id } = await findRun(client, places.inContainer.worker);
    await copyBetween(places, await filesInRun(connection, id, places.inContainer.container), { ...call, passOn });
    return 0;
  });
}

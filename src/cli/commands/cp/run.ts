import { locateLiving } from '../../../worker/locate.js';
import { sessionsOf } from '../../../worker/sessions.js';
import { inGracefulSession } from '../../session.js';
import type { Args } from './options.js';
import { copyBetween, placesOf } from './places.js';

/** Copies files; prints nothing on success. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn }) => {
    const places = placesOf(args);
    const { worker, container } = places.inContainer;
    const backend = await locateLiving(call, worker, args.backend);
    await copyBetween(places, await sessionsOf(backend).files(worker, container), { ...call, passOn });
    return 0;
  });
}

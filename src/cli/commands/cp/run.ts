import type { Call } from '../../../worker/call.js';
import { locateLiving } from '../../../worker/locate.js';
import { sessionsOf } from '../../../worker/sessions.js';
import { transfer, type TransferPlace } from '../../../worker/transfer/transfer.js';
import { inGracefulSession } from '../../session.js';
import type { Args } from './options.js';
import { againNote, copyBetween, type InContainer, leftNote, placesOf } from './places.js';

/** Copies files; prints nothing on success. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async ({ call, passOn, note }) => {
    const places = placesOf(args);
    if ('from' in places) {
      const [from, to] = [await placeOf(call, places.from, args.backend), await placeOf(call, places.to, args.backend)];
      const context = { clock: call.clock, signal: call.stop };
      await transfer(from, to, { ...context, onAgain: (cause) => note(againNote(cause)), onWarning: (cause) => note(leftNote(cause)) });
      return 0;
    }
    const { worker, container } = places.inContainer;
    const backend = await locateLiving(call, worker, args.backend);
    await copyBetween(places, await sessionsOf(backend).files(worker, container), { ...call, passOn });
    return 0;
  });
}

async function placeOf(call: Call, { worker, container, path }: InContainer, only: Args['backend']): Promise<TransferPlace> {
  const backend = await locateLiving(call, worker, only);
  return {
    ...{ name: `${worker}:${container}`, id: `${backend.name}:${worker}:${container}`, path },
    open: () => sessionsOf(backend).files(worker, container),
  };
}

import type { AllocationClient } from '../../../client/allocations.js';
import type { AllocationReply } from '../../../client/documents.js';
import { MayflyError } from '../../../errors.js';
import type { RemoteSession } from '../../remote/session.js';

/** Waits for the grant, and renews the allocation meanwhile. @throws MayflyError `not_possible` where it has ended without one */
export async function untilGranted(
  session: Pick<RemoteSession, 'call' | 'note'>,
  client: AllocationClient,
  made: AllocationReply,
): Promise<AllocationReply> {
  const allocation = await keepAlive(session, client, made, ({ state }) => state !== 'waiting');
  if (allocation.granted !== null) return allocation;
  throw new MayflyError('not_possible', {
    place: { path: allocation.id },
    cause: `the allocation has ended before it was granted: ${reasonOf(allocation)}`,
    remedy: 'add another allocation',
  });
}

export function reasonOf({ reason }: AllocationReply): string {
  return (reason ?? '').replaceAll('_', ' ');
}

/** Milliseconds between two looks at an allocation. */
const pause = 1000;

/**
 * Renews an allocation at once, then twice an interval, and notes why it waits, until a look at it satisfies `until`.
 *
 * @throws MayflyError of the service
 */
export async function keepAlive(
  { call: { clock, stop }, note }: Pick<RemoteSession, 'call' | 'note'>,
  client: AllocationClient,
  { id }: Pick<AllocationReply, 'id'>,
  until: (allocation: AllocationReply) => boolean,
): Promise<AllocationReply> {
  let noted: string | null = null;
  // Another wait may have renewed it last, up to half an interval ago.
  let renewedAt = -Infinity;
  for (;;) {
    const now = await client.one(id);
    if (until(now)) return now;
    if (now.waits_because !== null && now.waits_because !== noted) note(`${id} waits: ${now.waits_because}`);
    noted = now.waits_because;
    if (clock.now() - renewedAt >= (now.interval * 1000) / 2) {
      await client.renew(id).catch(unlessItEnds);
      renewedAt = clock.now();
    }
    await clock.sleep(pause, stop);
  }
}

/** An allocation may end between a look and its renewal. The next look shows why. */
function unlessItEnds(error: unknown): void {
  if (!(error instanceof MayflyError) || error.code !== 'not_possible') throw error;
}

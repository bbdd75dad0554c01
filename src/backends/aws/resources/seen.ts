import { MayflyError } from '../../../errors.js';
import type { Actual } from '../../ports/driver.js';
import type { Aws } from '../clients.js';

/**
 * Reads an object that was just made or changed. AWS's answers may be older than that, so reading is repeated.
 *
 * @throws MayflyError `plan_stale` if AWS still does not return the object: another program has removed it
 */
export async function seen(aws: Aws, name: string, look: () => Promise<Actual | null>, signal?: AbortSignal): Promise<Actual> {
  const notSeen = new MayflyError('plan_stale', {
    place: { path: name },
    cause: 'AWS does not know it, though it was made: something else has removed it meanwhile',
    remedy: 'run the same command again',
  });
  const once = async () => {
    const found = await look();
    if (!found) throw notSeen;
    return found;
  };
  return aws.settle((error) => error === notSeen, once, signal);
}

import type { Actual } from '../../driver.js';
import type { Aws } from '../clients.js';

class NotSeenYet extends Error {}

/** What was just made; an answer of AWS may be older than that. */
export async function seen(aws: Aws, name: string, look: () => Promise<Actual | null>, signal?: AbortSignal): Promise<Actual> {
  const once = async () => {
    const found = await look();
    if (!found) throw new NotSeenYet(`${name} was made, and AWS does not know it`);
    return found;
  };
  return aws.settle((error) => error instanceof NotSeenYet, once, signal);
}

import { createHash } from 'node:crypto';
import { MayflyError } from '../errors.js';
import type { AskedWorkers, ServiceClient } from './client.js';
import { livingStates, type RunReply } from './documents.js';
import { ambiguous, lastRun } from './find-run.js';
import { follow, type FollowOptions } from './follow.js';

/** The label of a run with the key that it was queued with. */
const keyLabel = 'mayfly.key';

export interface AskedRun {
  spec: unknown;
  workers: AskedWorkers | null;
}

/** The living run of a name, after the end of one that is ending. @throws MayflyError `worker_ambiguous` */
export async function livingRun(client: ServiceClient, name: string, options: FollowOptions): Promise<RunReply | null> {
  for (;;) {
    const [found, second] = await client.allRuns({ name, state: livingStates });
    if (!found) return null;
    if (second) throw ambiguous(name, [found, second]);
    if (found.state !== 'ending') return found;
    await follow(client, found.id, ({ state }) => state !== 'ending', options);
  }
}

/**
 * Queues a run of a spec, or returns the living one that was queued with the same spec. Two calls at the same time make one run, because
 * both have the same key: it is made from the name and the last run of this name.
 *
 * @throws MayflyError `worker_exists` where the living run has another spec
 */
export async function takeRun(
  client: ServiceClient,
  name: string,
  { spec, workers }: AskedRun,
  living: RunReply | null,
): Promise<RunReply> {
  const key = living ? living.labels[keyLabel] : keyAfter(name, (await lastRun(client, name))?.id);
  if (key === undefined) throw otherSpec(living!, 'was not queued by `mayfly apply`, so its spec cannot be compared');
  try {
    return await client.submit(spec, { key, labels: { [keyLabel]: key }, workers });
  } catch (error) {
    if (!living || !(error instanceof MayflyError) || error.code !== 'key_reused') throw error;
    throw otherSpec(living, 'has another spec, other secrets or other workers');
  }
}

function keyAfter(name: string, last: string | undefined): string {
  return createHash('sha256')
    .update(`${name}\n${last ?? ''}`)
    .digest('hex');
}

function otherSpec({ id, name }: RunReply, cause: string): MayflyError {
  return new MayflyError('worker_exists', {
    place: { path: name },
    cause: `the living run ${id} ${cause}`,
    remedy: `a run does not change: end it with \`mayfly destroy ${name}\`, or give --name for another one beside it`,
  });
}

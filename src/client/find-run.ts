import { MayflyError } from '../errors.js';
import type { ServiceClient } from './client.js';
import { livingStates, type RunReply } from './documents.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Finds a run by its id or by its spec's name: the living one, or else the last one of this name.
 *
 * @throws MayflyError `run_unknown`, `worker_ambiguous` with all living runs of the name
 */
export async function findRun(client: ServiceClient, idOrName: string): Promise<RunReply> {
  if (uuid.test(idOrName)) return client.run(idOrName);
  const living = await client.allRuns({ name: idOrName, state: livingStates });
  if (living.length > 1) throw ambiguous(idOrName, living);
  const found = living[0] ?? (await lastRun(client, idOrName));
  if (found) return client.run(found.id);
  throw new MayflyError('run_unknown', {
    place: { path: idOrName },
    cause: 'the server has no run of this name',
    remedy: '`mayfly runs` lists the runs of your organisation',
  });
}

/** The last run of a name in any state. */
export async function lastRun(client: ServiceClient, name: string): Promise<RunReply | null> {
  return (await client.runs({ name }, { limit: 1 })).runs[0] ?? null;
}

export function ambiguous(name: string, living: readonly RunReply[]): MayflyError {
  const remedy = "give a run's id";
  return new MayflyError('worker_ambiguous', {
    place: { path: name },
    cause: `${living.length} living runs have this name`,
    remedy,
    problems: living.map(({ id, state, node }) => ({ place: { path: id }, cause: node === null ? state : `${state} on ${node}` })),
  });
}

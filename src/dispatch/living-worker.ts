import { MayflyError, type MayflyErrorOptions } from '../errors.js';
import type { Run } from './run.js';

/** Replaces the made name of a run's worker in a document by the run's own name, which its users have chosen. */
export function underOwnName<T>(document: T, { worker, name }: { worker: string; name: string }): T {
  return JSON.parse(JSON.stringify(document).replaceAll(worker, name)) as T;
}

/** The same for an error. */
export function errorUnderOwnName(error: MayflyError, names: { worker: string; name: string }): MayflyError {
  const { code, message: cause, remedy, place, problems } = error;
  const options: MayflyErrorOptions = { cause, problems, ...(remedy !== undefined && { remedy }), ...(place && { place }) };
  return new MayflyError(code, { ...underOwnName(options, names), error });
}

/** The node and name of a run's worker, whose containers are there. @throws MayflyError `worker_ended`, or `not_possible` where it is not ready yet */
export function livingWorker({ id, name, state, reason, node, worker, completedAt }: Run): { node: string; worker: string; name: string } {
  if ((state === 'running' || state === 'ending') && node !== null && worker !== null) return { node, worker, name };
  const place = { path: id };
  if (completedAt === null) {
    const cause = `the run is ${state}: it has no worker that is ready`;
    throw new MayflyError('not_possible', { place, cause, remedy: 'wait until it is running' });
  }
  const cause = `the run is ${reason === null || reason === state ? state : `${state} (${reason})`}: its worker has ended`;
  throw new MayflyError('worker_ended', { place, cause, remedy: `see GET /v1/runs/${id}` });
}

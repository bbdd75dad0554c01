import { toMayflyError } from '../errors.js';
import { doesNotAnswer } from '../keeper/armed.js';
import type { BackendName } from '../spec/worker-spec.js';
import { listWorkers } from './list.js';
import type { Call } from './call.js';
import { reachableBackends } from './locate.js';

export interface Finding {
  /** `problem`: needs an action. `note`: for information. */
  kind: 'ok' | 'note' | 'problem';
  subject: string;
  message: string;
  remedy?: string;
}

/** Reports the state of backends and keeper, and remains of workers. Changes nothing. */
export async function examine(call: Call): Promise<Finding[]> {
  const { backends, unreachable } = await reachableBackends(call);
  const { workers } = await listWorkers(call);
  const findings: Finding[] = [
    ...backends.map(({ name, endpoint }): Finding => ({ kind: 'ok', subject: name, message: `reachable at ${endpoint}` })),
    ...unreachable.map(({ backend, error, inUse }): Finding => ({
      kind: inUse ? 'problem' : 'note',
      subject: backend,
      message: inUse ? `is in use, and could not be asked: ${error.message}` : error.message,
      ...(error.remedy && { remedy: error.remedy }),
    })),
  ];
  if (backends.length === 0) findings.push({ kind: 'problem', subject: 'backends', message: 'none can be reached' });
  findings.push(...(await keeperFindings(call, workers.length > 0)));
  for (const { name, backend, status } of workers.filter((worker) => worker.status === 'ending')) {
    findings.push({
      kind: 'problem',
      subject: name,
      message: `left over on ${backend} (${status}): its time is up`,
      remedy: 'run `mayfly gc`',
    });
  }
  findings.push(
    ...(await staleStates(
      call,
      backends.map(({ name }) => name),
      new Set(workers.map(({ backend, name }) => `${backend}/${name}`)),
    )),
  );
  return findings;
}

/** States of workers that have ended, and states that cannot be read. */
async function staleStates(call: Call, reachable: readonly BackendName[], living: ReadonlySet<string>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { backend, name } of await call.layout.known()) {
    if (!reachable.includes(backend)) continue;
    try {
      await call.layout.worker(backend, name).readState();
      if (living.has(`${backend}/${name}`)) continue;
      findings.push({
        kind: 'note',
        subject: name,
        message: `its state is stored here, but ${backend} has no objects of it`,
        remedy: `mayfly destroy ${name}`,
      });
    } catch (thrown) {
      const { message, remedy, place } = toMayflyError(thrown);
      findings.push({ kind: 'problem', subject: name, message: `${place?.file ?? 'its state'} ${message}`, ...(remedy && { remedy }) });
    }
  }
  return findings;
}

async function keeperFindings({ keeper, layout }: Call, needed: boolean): Promise<Finding[]> {
  const status = await keeper.status();
  const problem = (message: string, remedy: string): Finding => ({ kind: 'problem', subject: 'keeper', message, remedy });
  const damaged = (await layout.damagedWatchLists()).map((file) =>
    problem(
      `the list of watched backends was damaged and is now in ${file}`,
      'workers on daemons other than this one may have no keeper: run `mayfly gc` with each DOCKER_HOST, then delete the file',
    ),
  );
  if (status.kind === 'mute') {
    const { cause, remedy } = doesNotAnswer(status.pid);
    return [problem(cause, remedy), ...damaged];
  }
  if (status.kind === 'none') {
    const none = problem('no keeper is alive, and workers live', 'run any mayfly command: it starts one; or run `mayfly gc` in time');
    return [needed ? none : { kind: 'ok', subject: 'keeper', message: 'no keeper is needed: no worker lives' }, ...damaged];
  }
  const silent = status.silent.map(({ backend, endpoint, since, cause }) =>
    problem(
      `${backend} at ${endpoint} has not answered since ${new Date(since).toISOString()}: ${cause}`,
      `the keeper tries again by itself; if that ${backend} no longer exists, end the keeper (kill ${status.pid}) and delete ${layout.keeperWatch}`,
    ),
  );
  return [{ kind: 'ok', subject: 'keeper', message: `alive, pid ${status.pid}` }, ...silent, ...damaged];
}

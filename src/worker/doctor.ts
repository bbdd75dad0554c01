import { toMayflyError } from '../errors.js';
import { doesNotAnswer } from '../keeper/armed.js';
import type { BackendName } from '../spec/worker-spec.js';
import { listWorkers } from './list.js';
import type { Call } from './call.js';
import { reachableBackends } from './locate.js';

export interface Finding {
  /** `problem`: something to do; `note`: something to know. */
  kind: 'ok' | 'note' | 'problem';
  subject: string;
  message: string;
  remedy?: string;
}

/** What is reachable, and what is left over. Changes nothing. */
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

/** States of workers that are gone, and states that cannot be read. */
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
        message: `a state of it is here, but ${backend} has nothing of it`,
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
      `the list of backends that it watches was damaged, and is now in ${file}`,
      'workers on daemons other than this one may have no keeper: run `mayfly gc` with each DOCKER_HOST, then delete the file',
    ),
  );
  if (status.kind === 'mute') {
    const { cause, remedy } = doesNotAnswer(status.pid);
    return [problem(cause, remedy), ...damaged];
  }
  if (status.kind === 'none') {
    const none = problem('none is alive, and workers live', 'any mayfly command revives one; or run `mayfly gc` in time');
    return [needed ? none : { kind: 'ok', subject: 'keeper', message: 'none is needed: no worker lives' }, ...damaged];
  }
  const silent = status.silent.map(({ backend, endpoint, since, cause }) =>
    problem(
      `it cannot look at ${backend} at ${endpoint} since ${new Date(since).toISOString()}: ${cause}`,
      `it tries again by itself; if that ${backend} is gone for good, end the keeper (kill ${status.pid}) and delete ${layout.keeperWatch}`,
    ),
  );
  return [{ kind: 'ok', subject: 'keeper', message: `alive, pid ${status.pid}` }, ...silent, ...damaged];
}

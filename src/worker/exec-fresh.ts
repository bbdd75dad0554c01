import type { Backend } from '../backends/ports/backend.js';
import { MayflyError, toMayflyError } from '../errors.js';
import { isExpired, isRetained } from '../lease/deadline.js';
import { nodeNow } from '../lease/node-now.js';
import type { Call } from './call.js';
import { type Executed, type ExecOptions, runCommand } from './exec.js';
import { sessionsOf } from './sessions.js';
import { killed, reportedWithin, whyFailed } from './why-failed.js';

/**
 * Runs a command in a fresh container of a retained worker, and removes that container in any case.
 *
 * @throws MayflyError `usage` where the worker is not retained, or the backend makes no fresh containers; as `execInWorker`
 */
export async function execFresh(call: Call, backend: Backend, options: ExecOptions): Promise<Executed> {
  const { worker, container } = options;
  const make = freshOf(backend);
  const state = await stateOf(call, backend, worker);
  if (state !== 'retained') throw state === 'ended' ? ended(worker) : notRetained(options);
  call.stop.throwIfAborted();
  const fresh = await make(worker, container);
  try {
    // An end of the worker that began before has not seen the container.
    if ((await stateOf(call, backend, worker)) !== 'retained') throw ended(worker);
    return await runCommand(call, options, {
      exec: fresh.exec,
      async why(failed) {
        // A killed command may be seen before the end of its container.
        if (failed.code === undefined || failed.code === killed) await call.clock.sleep(reportedWithin, call.stop);
        const runs = (await backend.list(worker)).some(({ id, status }) => id === fresh.id && status === 'running');
        return runs ? null : whyFailed(call, backend, failed);
      },
    });
  } finally {
    await fresh.remove().catch((error: unknown) =>
      call.emit({
        type: 'warning',
        message: `the fresh container could not be removed, and ends with ${worker}: ${toMayflyError(error).message}`,
      }),
    );
  }
}

function freshOf(backend: Backend) {
  const { fresh } = sessionsOf(backend);
  if (fresh) return fresh;
  throw new MayflyError('usage', {
    place: { path: backend.name },
    cause: `this backend makes no fresh containers: ${backend.capabilities.fresh.says}`,
    remedy: 'leave --fresh out, or read the files with `mayfly cp`',
  });
}

async function stateOf(call: Call, backend: Backend, worker: string): Promise<'retained' | 'running' | 'ended'> {
  const objects = await backend.list(worker);
  if (objects.length === 0 || isExpired(objects, await nodeNow(backend, call.clock))) return 'ended';
  return isRetained(objects) ? 'retained' : 'running';
}

function ended(worker: string): MayflyError {
  return new MayflyError('worker_ended', {
    place: { path: worker },
    cause: 'the worker has ended',
    remedy: `see \`mayfly show ${worker}\``,
  });
}

function notRetained({ worker, container, command }: ExecOptions): MayflyError {
  return new MayflyError('usage', {
    place: { path: worker },
    cause: 'the worker is not retained: its containers run',
    remedy: `leave --fresh out: mayfly exec ${worker} ${container} -- ${command.join(' ')}`,
  });
}

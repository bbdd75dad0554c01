import type { Backend } from '../../backends/ports/backend.js';
import { describeEnd } from '../../events.js';
import { endOf } from '../../lease/end-detail.js';
import type { ArtifactSpec, WorkerSpec } from '../../spec/worker-spec.js';
import type { Call } from '../call.js';
import { type ExecOptions, type Executed, execInWorker } from '../exec.js';
import { commandCodeOf } from '../exit-code.js';
import { beforeEnd } from './before-end.js';
import { type Collected, collectArtifacts } from './collect.js';
import { codeWith, collectGrace, dueAfter } from './rules.js';

export interface ArtifactOptions {
  /** Artifacts in addition to those of the spec. */
  artifacts: readonly ArtifactSpec[];
  /** The directory in which artifacts are put. */
  directory: string;
  /** Called after the artifacts were collected, also if the command was cancelled. */
  onCollected(collected: readonly Collected[]): void;
}

/**
 * Runs a command and collects artifacts after it, also if it was cancelled. Where there are artifacts, a command whose worker expires is
 * ended before the worker's end: by TERM, and by KILL at half of the time that is left.
 *
 * @throws MayflyError as `execInWorker`, after the artifacts were collected
 */
export async function execAndCollect(
  call: Call,
  backend: Backend,
  spec: WorkerSpec,
  options: Omit<ExecOptions, 'worker'> & ArtifactOptions,
): Promise<Executed> {
  const worker = spec.name;
  const artifacts = [...spec.artifacts, ...options.artifacts];
  const within = collectGrace(spec);
  const done = new AbortController();
  const before = (ms: number) => (artifacts.length > 0 ? [beforeEnd(call, backend, worker, ms, done.signal)] : []);
  const [expiring, overdue] = [before(within), before(within / 2)];
  const commandCall = { ...call, stop: AbortSignal.any([call.stop, ...expiring]), abort: AbortSignal.any([call.abort, ...overdue]) };
  let ran: Executed | undefined;
  let collected: Collected[] = [];
  try {
    ran = await execInWorker(commandCall, backend, { ...options, worker }).catch((error: unknown) => {
      if (call.stop.aborted || !commandCall.stop.aborted) throw error;
      return expired(backend, worker);
    });
  } finally {
    done.abort();
    collected = await collectArtifacts(call, backend, worker, dueAfter(artifacts, ran?.code !== 0), { ...options, within });
    options.onCollected(collected);
  }
  return { ...ran, code: codeWith(ran.code, collected) };
}

async function expired(backend: Backend, worker: string): Promise<Executed> {
  const why = describeEnd(endOf('expired', await backend.list(worker), []));
  return { code: commandCodeOf('expired', undefined), cause: { reason: 'expired', why } };
}

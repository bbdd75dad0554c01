import { MayflyError } from '../../errors.js';
import type { ExecOptions } from '../ports/sessions.js';
import { processCapabilities } from './capabilities.js';
import { workingDirectory } from './environment.js';
import type { Host } from './host.js';
import type { ObjectRecord } from './record.js';
import { environmentName } from './shim.js';

/** @throws MayflyError `usage` for a setting that a command beside a local process cannot have */
export async function refuseSettings(host: Host, record: ObjectRecord, name: string, options: ExecOptions): Promise<void> {
  const refuse = (path: string, cause: string, remedy: string) => new MayflyError('usage', { place: { path }, cause, remedy });
  const { streams, user, env = {}, workingDir } = options;
  if (streams.terminal) throw refuse('--tty', 'the process backend has no terminals', 'run without -t, or use a worker on docker');
  if (user !== undefined) throw refuse('--user', processCapabilities.user.says, 'run without --user, or use a worker on docker');
  const wrong = Object.keys(env).find((key) => !environmentName.test(key));
  if (wrong !== undefined) {
    throw refuse(`--env ${wrong}`, 'a shell sets the variables here, and does not accept this name', 'use letters, digits and _');
  }
  if (workingDir === undefined) return;
  const path = host.system.realpath(workingDirectory(host, record, workingDir));
  if ((await host.system.stat(path))?.kind === 'directory') return;
  const remedy = 'check the path: it is below the directory of the process, as for `mayfly cp`';
  throw refuse(`--workdir ${workingDir}`, `is no directory in ${name}`, remedy);
}

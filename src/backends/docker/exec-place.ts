import { createHash } from 'node:crypto';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { StackFacts } from '../../spec/offer.js';
import type { EngineInfo } from './api-types.js';
import type { Endpoint } from './endpoint.js';

/** Where the sockets of all workers of this machine's daemons are: of this user alone, and gone after a restart like the workers. */
export function defaultExecRoot(env: Record<string, string | undefined>): string {
  const { uid } = userInfo();
  if (uid === 0) return '/run/mayfly';
  return env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'mayfly') : join(tmpdir(), `mayfly-run-${uid}`);
}

/** Two daemons of one machine may have workers of one name. */
export function daemonDirectory(execRoot: string, id: string): string {
  return join(execRoot, createHash('sha256').update(id).digest('hex').slice(0, 12));
}

/**
 * Where a worker's own socket can be, so that both its keeper and its engine reach it. A daemon behind a socket of this machine may
 * still run elsewhere, in a virtual machine or beside the container that this is: it says itself what its machine is called.
 */
export function execPlace(info: EngineInfo, endpoint: Endpoint, execRoot: string, keeper: string | null): StackFacts['exec'] {
  if (endpoint.local && info.Name === hostname()) {
    return daemonDirectory(execRoot, info.ID);
  }
  return keeper === null ? null : 'volume';
}

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { StackFacts } from '../../spec/offer.js';
import { userId } from '../../user.js';
import type { EngineInfo } from './api-types.js';
import type { Endpoint } from './endpoint.js';

/** Where the sockets of all workers of this machine's daemons are: of this user alone, and gone after a restart like the workers. */
export function defaultExecRoot(env: Record<string, string | undefined>): string {
  const uid = userId();
  if (uid === 0) return '/run/mayfly';
  return env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'mayfly') : join(tmpdir(), `mayfly-run-${uid}`);
}

/**
 * The directory of one daemon's workers: two daemons of one machine may have workers of one name. A daemon's ID does not tell them apart,
 * since a copy of its data directory has the same one; where its data and its socket are does.
 */
export function daemonDirectory(execRoot: string, { ID, DockerRootDir }: DaemonIdentity, { socketPath }: Endpoint): string {
  const identity = JSON.stringify([ID, DockerRootDir, socketPath && realPath(socketPath)]);
  return join(execRoot, createHash('sha256').update(identity).digest('hex').slice(0, 12));
}

export type DaemonIdentity = Pick<EngineInfo, 'ID' | 'DockerRootDir'>;

/** `/var/run/docker.sock` and `/run/docker.sock` are one. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Where a worker's own socket can be, so that both its keeper and its engine reach it. A daemon behind a socket of this machine may
 * still run elsewhere, in a virtual machine or beside the container that this is: it says itself what its machine is called.
 */
export function execPlace(info: EngineInfo, endpoint: Endpoint, execRoot: string, keeper: string | null): StackFacts['exec'] {
  if (endpoint.local && info.Name === hostname()) {
    return daemonDirectory(execRoot, info, endpoint);
  }
  return keeper === null ? null : 'volume';
}

/** A living engine keeps the place that it has mounted, wherever one would be made today. */
export function keptPlace(place: string, keeper: string | null): StackFacts['exec'] {
  if (isAbsolute(place)) return dirname(place);
  return keeper === null ? null : 'volume';
}

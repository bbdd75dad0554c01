import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { userId } from '../../user.js';
import type { EngineInfo } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import type { DockerFacts } from './names.js';

/** Directory of the sockets of all workers on this machine's daemons. It is private, and like the workers it does not survive a restart. */
export function defaultExecRoot(env: Record<string, string | undefined>): string {
  const uid = userId();
  if (uid === 0) return '/run/mayfly';
  return env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'mayfly') : join(tmpdir(), `mayfly-run-${uid}`);
}

/**
 * The directory of one daemon's workers, because two daemons of a machine may have workers of one name. A daemon's ID is not enough: a copy of
 * its data directory has the same ID. The paths of its data and its socket are different.
 */
export function daemonDirectory(execRoot: string, { ID, DockerRootDir }: DaemonIdentity, { socketPath }: Endpoint): string {
  const identity = JSON.stringify([ID, DockerRootDir, socketPath && realPath(socketPath)]);
  return join(execRoot, createHash('sha256').update(identity).digest('hex').slice(0, 12));
}

export type DaemonIdentity = Pick<EngineInfo, 'ID' | 'DockerRootDir'>;

/** Resolves links: `/var/run/docker.sock` and `/run/docker.sock` are the same. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * The place for workers' sockets that both the keeper and the engines reach. A daemon behind a local socket may still run on another machine:
 * in a virtual machine, or outside of the container that this process runs in. So the daemon's own host name is compared.
 */
export function execPlace(info: EngineInfo, endpoint: Endpoint, execRoot: string, keeper: string | null): DockerFacts['exec'] {
  if (endpoint.local && info.Name === hostname()) {
    return daemonDirectory(execRoot, info, endpoint);
  }
  return keeper === null ? null : 'volume';
}

/** The place that a living engine has mounted. New engines may get another place. */
export function keptPlace(place: string, keeper: string | null): DockerFacts['exec'] {
  if (isAbsolute(place)) return dirname(place);
  return keeper === null ? null : 'volume';
}

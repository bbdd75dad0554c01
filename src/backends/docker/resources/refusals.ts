import { type ErrorCode, type Limit, MayflyError } from '../../../errors.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import { EngineError } from '../http-client.js';

interface Refusal {
  /** Statuses of the daemon's answer. Default: any. */
  status?: readonly number[];
  says: RegExp;
  code: ErrorCode;
  /** Text before the daemon's own message. */
  cause?: string;
  remedy: string;
  limit?: Limit;
}

const seeDaemon = "see the daemon's log (journalctl -u docker) and docker info, then apply again";

/** Refusals when a container is made or started. The first matching row counts; the last row matches all. */
const refusals: readonly Refusal[] = [
  { says: /port is already allocated|address already in use/i, code: 'port_in_use', remedy: 'free the port, or choose another' },
  {
    says: /expose privileged port|listen tcp\d? \S+: bind: permission denied/i,
    code: 'backend_refused',
    cause: 'the daemon may not use this port of the host',
    remedy: 'choose a host port from 1024 on, or leave it out',
  },
  {
    says: /cannot assign requested address/i,
    code: 'backend_refused',
    cause: "access.bind is no address of the daemon's host",
    remedy: 'set access.bind to one of its addresses, or to 0.0.0.0 for all',
  },
  {
    says: /no space left on device|disk quota exceeded/i,
    code: 'storage_full',
    remedy: 'free some disk space of the daemon (docker system df)',
  },
  { status: [404], says: /no such image/i, code: 'image_unavailable', remedy: 'check the name of the image' },
  {
    says: /cannot join network|container .* is not running/i,
    code: 'backend_refused',
    cause: 'the engine, whose network it joins, does not run',
    remedy: 'see why the engine ended (its last lines, and `mayfly logs`), then apply again',
  },
  {
    status: [404],
    says: /no such container/i,
    code: 'backend_refused',
    cause: 'a container of the worker was removed by another program',
    remedy: 'apply again',
  },
  {
    says: /executable file not found|exec: .*(no such file or directory|permission denied)|exec format error/i,
    code: 'backend_refused',
    cause: 'its command cannot be run in its image',
    remedy: 'check the command, and that the image has the program (for the right architecture)',
  },
  {
    says: /bind source path does not exist/i,
    code: 'backend_refused',
    cause: 'a source of a mount is gone',
    remedy: 'make it again, or correct the mount in the spec',
  },
  {
    says: /failed to mount local volume/i,
    code: 'backend_refused',
    cause: 'the overlay of a mount with copy_on_write cannot be mounted',
    remedy: 'mount it without copy_on_write',
  },
  {
    says: /error mounting|mkdir .*: (file exists|not a directory)|invalid mount|mount path must be absolute|destination can't be/i,
    code: 'backend_refused',
    cause: 'a volume cannot be mounted where the spec says',
    remedy: 'choose another mount_point',
  },
  {
    says: /minimum memory limit|range of cpus|CPU shares|smaller than .* swap/i,
    code: 'backend_refused',
    remedy: 'ask for more, or for less, in cpu and memory of the spec',
  },
  {
    says: /no available (ipv[46] )?addresses|address pools? .*(exhausted|fully subnetted)|could not find an available/i,
    code: 'backend_refused',
    cause: "the daemon's networks have no free addresses",
    remedy: 'end some workers, or remove unused networks (docker network prune)',
    limit: 'quota',
  },
  {
    says: /cannot allocate memory|resource temporarily unavailable|too many open files/i,
    code: 'backend_refused',
    cause: "the daemon's machine has no resources left",
    remedy: 'end some workers, or give that machine more memory, processes or open files',
    limit: 'quota',
  },
  {
    status: [400],
    says: /^/,
    code: 'backend_refused',
    remedy: 'correct what it names in the spec, then apply again',
  },
  { says: /^/, code: 'backend_refused', remedy: seeDaemon },
];

/** Turns a daemon's refusal to make or start a container into an error with a remedy. Other errors are returned unchanged. */
export function explain(error: unknown, wanted: Attributes): unknown {
  if (!(error instanceof EngineError)) return error;
  const { message, status } = error;
  const { code, cause, remedy, limit } = refusals.find((kind) => (kind.status?.includes(status) ?? true) && kind.says.test(message))!;
  const before =
    code === 'image_unavailable' ? String(wanted['image']) : (cause ?? (code === 'backend_refused' ? 'docker refused it' : null));
  return new MayflyError(code, { cause: before === null ? message : `${before}: ${message}`, remedy, limit, error });
}

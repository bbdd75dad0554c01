import { labelNames } from './environment.js';
import type { Host } from './host.js';
import { listObjects, objectPath, readObject } from './objects.js';
import { hasEnded, type ProcessStat, parseStat, pickEnviron } from '../../proc.js';
import { files, parseId } from './record.js';

/** Identity of a process. It writes its identity to a file before anything else. */
export interface Identity {
  boot: string;
  stat: ProcessStat;
}

/** A process of ours, with its variables `MAYFLY_*` (empty if it has cleared its environment). */
export interface Found {
  stat: ProcessStat;
  environ: Record<string, string>;
}

/** Owner of processes: a worker, one object, or the session of a command. */
export type Owner = ObjectOwner | { session: number };

type ObjectOwner = { worker: string } | { id: string };

/** The identity in a file of an object's directory; `null` until it is completely written. */
export async function readIdentity(host: Host, id: string, file: 'leader' | 'command'): Promise<Identity | null> {
  const text = await host.system.readText(`${objectPath(host, id)}/${files[file]}`);
  if (!text?.endsWith('\n')) return null;
  const stat = parseStat(text.slice(text.indexOf(' ') + 1));
  return stat && { boot: text.slice(0, text.indexOf(' ')), stat };
}

/** Whether the process is alive. If the start time of its pid differs, another process has the pid. */
export function isAlive(host: Host, identity: Identity | null): boolean {
  if (!identity || identity.boot !== bootId(host)) return false;
  const now = statOf(host, identity.stat.pid);
  return now !== null && now.start === identity.stat.start && !hasEnded(now);
}

function bootId(host: Host): string {
  return host.system.readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function statOf(host: Host, pid: number): ProcessStat | null {
  const line = host.system.readProc(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

/**
 * The living processes of a worker or an object: processes in the session of a living leader, with its label in the environment, or
 * with its log as output. Those of a session: all in it. The current process is never included.
 */
export async function findProcesses(host: Host, owner: Owner): Promise<Found[]> {
  if ('session' in owner) return scan(host, ({ session }) => session === owner.session);
  // Only an object with our record may name a leader.
  const records = 'id' in owner ? [await readObject(host, owner.id)] : await listObjects(host, owner.worker);
  const leaders = await Promise.all(records.map((record) => record && readIdentity(host, record.id, 'leader')));
  const sessions = new Set(leaders.filter((leader) => isAlive(host, leader)).map((leader) => leader?.stat.session));
  return scan(host, (stat, environ, outputs) => {
    return (
      sessions.has(stat.session) || belongs(host, owner, environ[labelNames.object]) || outputs().some((path) => isLog(host, owner, path))
    );
  });
}

/** All living processes with a label of this root, even if their objects do not exist any more. */
export async function findLabelled(host: Host): Promise<Found[]> {
  return scan(host, (_stat, environ) => parseId(idOf(host, environ[labelNames.object]) ?? '') !== null);
}

/** The id of the object in a label; `null` if it is of another root. */
export function idOf(host: Host, object: string | undefined): string | null {
  return object?.startsWith(`${host.root}/`) ? object.slice(host.root.length + 1) : null;
}

function belongs(host: Host, owner: ObjectOwner, object: string | undefined): boolean {
  const id = idOf(host, object);
  if (id === null) return false;
  return 'id' in owner ? id === owner.id : parseId(id)?.worker === owner.worker;
}

/** Whether a path is the log of one of the owner's objects. Logs are private, so only the shim's descendants have a log as their output. */
function isLog(host: Host, owner: ObjectOwner, path: string): boolean {
  const id = idOf(host, path.replace(/ \(deleted\)$/, ''));
  if (!id?.endsWith(`/${files.log}`)) return false;
  const object = id.slice(0, -files.log.length - 1);
  return belongs(host, owner, `${host.root}/${object}`);
}

function scan(host: Host, isOurs: (stat: ProcessStat, environ: Record<string, string>, outputs: () => string[]) => boolean): Found[] {
  const names = Object.values(labelNames);
  const found: Found[] = [];
  for (const pid of host.system.processIds()) {
    if (pid === process.pid) continue;
    const stat = statOf(host, pid);
    if (!stat || stat.kernel || hasEnded(stat)) continue;
    const environ = pickEnviron(host.system.readProc(`/proc/${pid}/environ`) ?? '', names);
    const outputs = () => [1, 2].map((fd) => host.system.readProcLink(`/proc/${pid}/fd/${fd}`) ?? '');
    if (isOurs(stat, environ, outputs)) found.push({ stat, environ });
  }
  return found;
}

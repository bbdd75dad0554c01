import { labelNames } from './environment.js';
import type { Host } from './host.js';
import { listObjects, objectPath, readObject } from './objects.js';
import { hasEnded, type ProcessStat, parseStat, pickEnviron } from '../../proc.js';
import { files, parseId } from './record.js';

/** A process as its own first act has written it down. */
export interface Identity {
  boot: string;
  stat: ProcessStat;
}

/** A process that is ours, and how it calls itself (`MAYFLY_*`; empty when it has dropped its environment). */
export interface Found {
  stat: ProcessStat;
  environ: Record<string, string>;
}

/** Whose processes: a worker's, or one object's. */
export type Whose = { worker: string } | { id: string };

/** The identity in a file of an object's directory; `null` until it is written whole. */
export async function readIdentity(host: Host, id: string, file: 'leader' | 'command'): Promise<Identity | null> {
  const text = await host.system.readText(`${objectPath(host, id)}/${files[file]}`);
  if (!text?.endsWith('\n')) return null;
  const stat = parseStat(text.slice(text.indexOf(' ') + 1));
  return stat && { boot: text.slice(0, text.indexOf(' ')), stat };
}

/** Still the same process: a pid whose start time differs has been given to somebody else. */
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
 * The living processes of a worker or an object: those in the session of a leader that is still itself, those that carry its
 * label in their environment, and those whose output is its log. Never ourselves.
 */
export async function findProcesses(host: Host, whose: Whose): Promise<Found[]> {
  // Only what has our record may name a leader.
  const records = 'id' in whose ? [await readObject(host, whose.id)] : await listObjects(host, whose.worker);
  const leaders = await Promise.all(records.map((record) => record && readIdentity(host, record.id, 'leader')));
  const sessions = new Set(leaders.filter((leader) => isAlive(host, leader)).map((leader) => leader?.stat.session));
  return scan(host, (stat, environ, outputs) => {
    return (
      sessions.has(stat.session) || belongs(host, whose, environ[labelNames.object]) || outputs().some((path) => isLog(host, whose, path))
    );
  });
}

/** All living processes with a label of this root, whether or not anything else is left of their objects. */
export async function findLabelled(host: Host): Promise<Found[]> {
  return scan(host, (_stat, environ) => parseId(idOf(host, environ[labelNames.object]) ?? '') !== null);
}

/** The object's id that a label names; `null`: of another root. */
export function idOf(host: Host, object: string | undefined): string | null {
  return object?.startsWith(`${host.root}/`) ? object.slice(host.root.length + 1) : null;
}

function belongs(host: Host, whose: Whose, object: string | undefined): boolean {
  const id = idOf(host, object);
  if (id === null) return false;
  return 'id' in whose ? id === whose.id : parseId(id)?.worker === whose.worker;
}

/** A log is private and written by the shim's descendants alone: who has it for output is one of them. */
function isLog(host: Host, whose: Whose, path: string): boolean {
  const id = idOf(host, path.replace(/ \(deleted\)$/, ''));
  if (!id?.endsWith(`/${files.log}`)) return false;
  const object = id.slice(0, -files.log.length - 1);
  return belongs(host, whose, `${host.root}/${object}`);
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

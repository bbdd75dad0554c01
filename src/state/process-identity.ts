import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasEnded, type ProcessStat, parseStat } from '../proc.js';

/** Tells a process from a later one with the same number, and from one on another machine or in another container. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start, `null` where the system doesn't say. */
  start: number | null;
  /** Host, boot and pid namespace. */
  host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: statOf(process.pid)?.start ?? null, host: hostId() };
}

/** `false` only when it is certain: a process of another host may well be alive. One that nobody has buried yet is dead. */
export function mayBeAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostId()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = statOf(identity.pid);
  // Where /proc hides the processes of others, one that cannot be read may be the one.
  return stat === null || (stat.start === identity.start && !hasEnded(stat));
}

/** As a part of a file's name, without a dot. */
export function identityName({ pid, start, host }: ProcessIdentity): string {
  return [createHash('sha256').update(host).digest('hex').slice(0, 16), pid, start ?? ''].join('-');
}

/** The process that such a name is of; `null` when it is of another host, boot or pid namespace. */
export function identityIn(name: string): ProcessIdentity | null {
  const [, pid, start] = /^[0-9a-f]{16}-(\d+)-(\d*)$/.exec(name) ?? [];
  const identity: ProcessIdentity = { pid: Number(pid), start: start ? Number(start) : null, host: hostId() };
  return pid !== undefined && identityName(identity) === name ? identity : null;
}

/** `null` where the system does not say. */
function statOf(pid: number): ProcessStat | null {
  return parseStat(read(() => readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

function hostId(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  return [hostname(), boot, read(() => readlinkSync('/proc/self/ns/pid'))].join(' ');
}

function read(from: () => string): string {
  try {
    return from();
  } catch {
    return '';
  }
}

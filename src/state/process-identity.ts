import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasEnded as isOver, type ProcessStat, parseStat } from '../proc.js';

/** Distinguishes a process from a later one with the same number, and from processes of other machines and containers. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to the start of the process; `null` if unknown. */
  start: number | null;
  /** Host, boot and pid namespace. */
  host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: statOf(process.pid)?.start ?? null, host: hostId() };
}

/** `false` only if the process has certainly ended: a process of another host may be alive. A zombie has ended. */
export function mayBeAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostId()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = statOf(identity.pid);
  // /proc may hide processes of other users, so an unreadable process may be this one.
  return stat === null || (stat.start === identity.start && !isOver(stat));
}

/** The identity as a part of a file's name or a label: without a dot, and portable. */
export function identityName({ pid, start, host }: ProcessIdentity): string {
  return [createHash('sha256').update(host).digest('hex').slice(0, 16), pid, start ?? ''].join('-');
}

/** The inverse of `identityName`; `null` for a process of another host, boot or pid namespace. */
export function identityIn(name: string): ProcessIdentity | null {
  const [, pid, start] = /^[0-9a-f]{16}-(\d+)-(\d*)$/.exec(name) ?? [];
  const identity: ProcessIdentity = { pid: Number(pid), start: start ? Number(start) : null, host: hostId() };
  return pid !== undefined && identityName(identity) === name ? identity : null;
}

/** Whether a text has the form of `identityName`. */
export function isIdentityName(text: string): boolean {
  return /^[0-9a-f]{16}-[1-9]\d{0,9}-\d{0,15}$/.test(text);
}

/**
 * Whether a process has certainly ended, by its `identityName`. `false` where this process cannot see it: it runs on another host, before
 * another boot, in another pid namespace, or on a system without `/proc`.
 */
export function hasEnded(name: string): boolean {
  const identity = identityIn(name);
  return identity !== null && identity.start !== null && !mayBeAlive(identity);
}

/** `null` if the system does not show it. */
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

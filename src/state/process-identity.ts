import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells a process from a later one with the same number, and from one on another machine or in another container. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start, `null` where the system doesn't say. */
  start: string | null;
  /** Host, boot and pid namespace. */
  host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid), host: hostId() };
}

/** `false` only when it is certain: a process of another host may well be alive. One that nobody has buried yet is dead. */
export function mayBeAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostId()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const { state, start } = statOf(identity.pid);
  return identity.start === start && state !== 'Z' && state !== 'X';
}

function startOf(pid: number): string | null {
  return statOf(pid).start;
}

/** Fields 3 and 22 of proc(5)'s stat; the second field may hold spaces and parentheses. */
function statOf(pid: number): { state: string | null; start: string | null } {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] || null, start: fields[19] ?? null };
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

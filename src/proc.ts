/** Parsers for files of proc(5) about processes and sockets. Used by readiness, locks and the process backend. Pure. */

/** A process, from `/proc/<pid>/stat`. Pid and start time together identify it, because pids are reused. */
export interface ProcessStat {
  pid: number;
  /** `R`, `S`, …; `Z` for a process that has ended and is not collected yet. */
  state: string;
  group: number;
  session: number;
  /** Clock ticks since the machine started (field 22). */
  start: number;
  kernel: boolean;
}

/** `PF_KTHREAD` of the flags field. */
const kernelThread = 0x00200000;

/** Parses a `stat` line; `null` for other text. The command in the second field may hold spaces and parentheses itself. */
export function parseStat(line: string): ProcessStat | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const pid = Number(line.slice(0, open));
  const [group, session, flags, start] = [fields[2], fields[3], fields[6], fields[19]].map(Number);
  const state = fields[0];
  if (!Number.isInteger(pid) || pid <= 0 || !state) return null;
  if (group === undefined || session === undefined || flags === undefined || start === undefined || Number.isNaN(start)) return null;
  return { pid, state, group, session, start, kernel: (flags & kernelThread) !== 0 };
}

export function hasEnded(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X' || stat.state === 'x';
}

/** The values of `names` in the text of `/proc/<pid>/environ`. If a name is repeated, the first counts, as for the program itself. */
export function pickEnviron(environ: string, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const entry of environ.split('\0')) {
    const at = entry.indexOf('=');
    if (at <= 0) continue;
    const name = entry.slice(0, at);
    if (names.includes(name) && !(name in picked)) picked[name] = entry.slice(at + 1);
  }
  return picked;
}

/** A socket that listens, from `/proc/net/tcp` or `tcp6`. */
export interface Listener {
  port: number;
  inode: string;
  /** The socket listens on the loopback only. */
  loopback: boolean;
  /** The socket listens on all addresses or on the loopback: no other program can use the port there. */
  local: boolean;
  /** The socket is Docker's DNS resolver, which runs in the network of every container on a bridge. */
  resolver: boolean;
}

const listening = '0A';

/** 127.0.0.1, its IPv6-mapped form and ::1. Addresses are hexadecimal words in host order; supported machines are little-endian. */
const loopbacks = ['0100007F', '0000000000000000FFFF00000100007F', '00000000000000000000000001000000'];

/** 127.0.0.11. */
const resolverAddress = '0B00007F';

export function parseListeners(table: string): Listener[] {
  const listeners: Listener[] = [];
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [address, port] = (fields[1] ?? '').split(':');
    const inode = fields[9];
    if (fields[3] !== listening || !address || !port || !inode) continue;
    const loopback = loopbacks.includes(address.toUpperCase());
    listeners.push({
      port: Number.parseInt(port, 16),
      inode,
      loopback,
      local: loopback || /^0+$/.test(address),
      resolver: address.toUpperCase() === resolverAddress,
    });
  }
  return listeners;
}

/** The inode in `socket:[12345]`, the link target of a socket's descriptor. */
export function socketInode(link: string): string | null {
  return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? null;
}

/** Start time of the machine in milliseconds since the epoch, from the text of `/proc/stat`. */
export function bootTime(stat: string): number | null {
  const seconds = /^btime (\d+)$/m.exec(stat)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** `USER_HZ` of Linux: 100 on all supported architectures. */
export const ticksPerSecond = 100;

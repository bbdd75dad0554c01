import { ticksPerSecond } from '../../proc.js';

/** Milliseconds of user and system time of a process, from `/proc/<pid>/stat`. `null`: no such process. */
export function cpuOf(pid: number, read: (path: string, encoding: 'utf8') => string): number | null {
  let line: string;
  try {
    line = read(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // Fields 14 and 15; the command in the second field may hold spaces.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Math.round(((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond);
}

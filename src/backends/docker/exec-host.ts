import { readdirSync, readFileSync } from 'node:fs';
import { hasEnded, parseStat } from '../../proc.js';
import type { HttpClient } from './http-client.js';

/**
 * Signals the session of a command as processes of this machine: for an image without a shell. It needs a daemon in this machine's pid
 * namespace, and the right to signal the command.
 *
 * @returns false where this is not possible
 */
export async function signalFromHost(
  http: Pick<HttpClient, 'json'>,
  { exec, container }: { exec: string; container: string },
  signal: NodeJS.Signals,
): Promise<boolean> {
  const { Pid: leader } = await http.json<{ Pid?: number }>('GET', `/exec/${exec}/json`);
  // Another machine's pid may be a process here, but not in a control group with the container's id.
  if (!leader || !read(`/proc/${leader}/cgroup`).includes(container)) return false;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const session = pids.flatMap((pid) => parseStat(read(`/proc/${pid}/stat`)) ?? []).filter((one) => one.session === leader);
  try {
    for (const { pid } of session.filter((one) => !hasEnded(one))) send(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A process may end meanwhile: then the text is empty. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { PassThrough } from 'node:stream';
import type { HttpClient } from './http-client.js';

/**
 * Variable in the environment of each command that mayfly runs. The Engine API cannot signal a command, so a second command finds the first
 * and its children by this variable.
 */
export const markName = 'MAYFLY_COMMAND';

/** Sends `$2` to every process whose environment holds `$1`. The script's own environment does not hold it. */
const script = `for p in /proc/[0-9]*; do
  case $(cat "$p/environ") in *"$1"*) kill -s "$2" "\${p#/proc/}";; esac
done`;

/** Exit codes of a command that cannot run: the image has no shell. */
const notRun = [126, 127];

/** Signals a marked command in a container. @returns false if the container has no shell for it */
export async function signalCommand(http: HttpClient, container: string, mark: string, signal: 'TERM' | 'KILL'): Promise<boolean> {
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${container}/exec`, {
    body: { Cmd: ['sh', '-c', script, 'sh', `${markName}=${mark}`, signal], AttachStdout: true, AttachStderr: true },
  });
  const output = await http.hijack('POST', `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  await new Promise<void>((resolve) => output.pipe(new PassThrough()).resume().once('close', resolve).once('end', resolve));
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
  return !notRun.includes(ExitCode ?? 0);
}

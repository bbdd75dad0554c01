import { PassThrough } from 'node:stream';
import type { HttpClient } from './http-client.js';

/**
 * In the environment of each command that mayfly runs: the Engine API cannot signal one, and by this a second command finds the first
 * and its children.
 */
export const markName = 'MAYFLY_COMMAND';

/** Sends `$2` to every process whose environment holds `$1`. The environment of its own has no mark. */
const script = `for p in /proc/[0-9]*; do
  case $(cat "$p/environ") in *"$1"*) kill -s "$2" "\${p#/proc/}";; esac
done`;

/** Codes of a command that cannot be run: no shell is in the image. */
const notRun = [126, 127];

/** Signals a marked command in a container. @returns false where the container has no shell to do so */
export async function signalCommand(http: HttpClient, container: string, mark: string, signal: 'TERM' | 'KILL'): Promise<boolean> {
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${container}/exec`, {
    body: { Cmd: ['sh', '-c', script, 'sh', `${markName}=${mark}`, signal], AttachStdout: true, AttachStderr: true },
  });
  const output = await http.hijack('POST', `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  await new Promise<void>((resolve) => output.pipe(new PassThrough()).resume().once('close', resolve).once('end', resolve));
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
  return !notRun.includes(ExitCode ?? 0);
}

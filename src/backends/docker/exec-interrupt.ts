import { PassThrough } from 'node:stream';
import type { HttpClient } from './http-client.js';

/**
 * Variable in the environment of each command that mayfly runs. The Engine API cannot signal a command, so a second command finds the first
 * and its children by this variable.
 */
export const markName = 'MAYFLY_COMMAND';

/**
 * Ends the processes of a command. Arguments: `MAYFLY_COMMAND=<mark>`, the first signal, the seconds until KILL. A process belongs to the
 * command if its environment holds the mark, or if it is in the session of the marked process that leads one. Each process gets the first
 * signal once, also a process that begins later. The script goes on when mayfly is killed. Its own environment does not hold the mark.
 */
const script = `
command -v cat && command -v sleep || exit 127
mark=$1 signal=$2 left=$3 sessions=' ' sent=' ' seen=
look() {
  found=
  for p in /proc/[0-9]*; do
    pid=\${p#/proc/}
    read -r stat <"$p/stat" || continue
    set -- \${stat##*) }
    [ "$1" != Z ] || continue
    case $sessions in *" $4 "*) ;; *)
      case $(cat "$p/environ") in *"$mark"*) ;; *) continue ;; esac
      [ "$4" != "$pid" ] || sessions="$sessions$pid " ;;
    esac
    found=1 seen=1
    case $sent in *" $pid "*) ;; *) sent="$sent$pid "; kill -s "$signal" "$pid" ;; esac
  done
}
while [ "$left" -gt 0 ]; do
  look
  [ -n "$found" ] || [ -z "$seen" ] || exit 0
  sleep 1
  left=$((left - 1))
done
signal=KILL
for round in 1 2 3 4 5; do sent=' '; look; [ -n "$found" ] || exit 0; done
`;

/** Exit codes of a script that cannot run: the image has no shell, `cat` or `sleep`. */
const notRun = [126, 127];

export interface Marked {
  /** Id of the container. */
  container: string;
  mark: string;
  /** Its user; absent: the container's. Another user may not read its environment, so not even root finds it. */
  user?: string | undefined;
}

/** Sends `signal` to a marked command, and KILL after `seconds`. Returns when its processes have ended. @returns false if the container lacks a program for it */
export async function endMarked(
  http: HttpClient,
  { container, mark, user }: Marked,
  signal: 'INT' | 'TERM',
  seconds: number,
): Promise<boolean> {
  const Cmd = ['sh', '-c', script, 'sh', `${markName}=${mark}`, signal, String(seconds)];
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${container}/exec`, {
    body: { Cmd, AttachStdout: true, AttachStderr: true, ...(user !== undefined && { User: user }) },
  });
  const output = await http.hijack('POST', `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  await new Promise<void>((resolve) => output.pipe(new PassThrough()).resume().once('close', resolve).once('end', resolve));
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
  return !notRun.includes(ExitCode ?? 0);
}

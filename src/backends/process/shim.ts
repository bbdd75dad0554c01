import { folders } from './record.js';
import type { SpawnOptions } from './system.js';

/** Variables of a shell are its environment: these are the names that can be passed through one. */
export const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const shell = '/bin/sh';

/**
 * Runs a command and keeps its exit code, with nothing but a POSIX shell and no program besides. Arguments: the object's
 * directory, the file to touch at the end, kilobytes of memory, the command. It leads a session of its own and writes down who it
 * is before anything else; a second one for the same object fails there. The subshell does the same, sets the limit, says on
 * descriptor 3 that it runs, and becomes the command. The shim runs it in the foreground, since a shell has what it runs in the
 * background ignore interrupts; a TERM goes to the whole session anyway, and the shim outlives it to write the exit code.
 * A line ends in a newline when it was written whole.
 */
const script = `
set -C
trap : TERM INT HUP
read -r _mayfly_boot </proc/sys/kernel/random/boot_id
read -r _mayfly_stat </proc/self/stat
printf '%s %s\\n' "$_mayfly_boot" "$_mayfly_stat" >"$1/leader" || exit 125
(
  read -r _mayfly_stat </proc/self/stat
  printf '%s %s\\n' "$_mayfly_boot" "$_mayfly_stat" >"$1/command" || exit 125
  ulimit -d "$3" 2>/dev/null
  trap '' PIPE
  printf . 2>/dev/null >&3
  trap - PIPE
  exec 3>&-
  set +C
  shift 3
  exec "$@"
)
_mayfly_code=$?
set +C
printf '%s\\n' "$_mayfly_code" >"$1/exit"
{ printf . >"$2"; } 2>/dev/null
`;

const shimName = 'mayfly';

/** How the shim of an object is started. `memory` in MB; no secret is among the arguments. */
export function shimOptions(
  path: string,
  changed: string,
  options: { command: readonly string[]; memory: number; env: Record<string, string> },
): SpawnOptions {
  return {
    file: shell,
    args: ['-c', script, shimName, path, changed, String(kilobytes(options.memory)), ...options.command],
    cwd: `${path}/${folders.home}`,
    env: options.env,
  };
}

/** Whether a `/proc/<pid>/cmdline` is that of the shim of this object. */
export function isShim(cmdline: string, path: string): boolean {
  return cmdline.includes(`\0${shimName}\0${path}\0`);
}

/** Runs a command under the same limit, in place of the shell. */
export function limitedArgs(command: readonly string[], memory: number): string[] {
  return ['-c', 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"', 'mayfly', String(kilobytes(memory)), ...command];
}

/** The exit code as the shim wrote it; `null` until then. */
export function parseExit(text: string | null): number | null {
  const code = /^(\d+)\n$/.exec(text ?? '')?.[1];
  return code === undefined ? null : Number(code);
}

function kilobytes(memory: number): number | 'unlimited' {
  return memory > 0 ? Math.round(memory * 1024) : 'unlimited';
}

import type { SpawnOptions } from './system.js';

/** Names of variables that a shell passes on to its commands. */
export const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const shell = '/bin/sh';

/**
 * The shim: runs a command and records its exit code, with a POSIX shell and no other program. Arguments: the object's directory, the file to
 * touch at the end, kilobytes of memory, the command. The shim leads its own session. It first writes its identity; a second shim for the same
 * object fails at this step. The subshell also writes its identity, sets the limit, reports on descriptor 3 that it runs, and becomes the
 * command. The shim runs it in the foreground, because background commands of a shell ignore interrupts. A TERM goes to the whole session; the
 * shim survives it to write the exit code. A line that ends in a newline is completely written.
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

/** Options to start the shim of an object. `memory`: MB. No argument holds a secret. */
export function shimOptions(
  path: string,
  changed: string,
  options: { command: readonly string[]; memory: number; env: Record<string, string>; cwd: string },
): SpawnOptions {
  return {
    file: shell,
    args: ['-c', script, shimName, path, changed, String(kilobytes(options.memory)), ...options.command],
    cwd: options.cwd,
    env: options.env,
  };
}

/** Whether a `/proc/<pid>/cmdline` is that of the shim of this object. */
export function isShim(cmdline: string, path: string): boolean {
  return cmdline.includes(`\0${shimName}\0${path}\0`);
}

/** Arguments for a shell that sets the same limit and becomes the command. */
export function limitedArgs(command: readonly string[], memory: number): string[] {
  return ['-c', 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"', 'mayfly', String(kilobytes(memory)), ...command];
}

/** The exit code that the shim has written; `null` until then. */
export function parseExit(text: string | null): number | null {
  const code = /^(\d+)\n$/.exec(text ?? '')?.[1];
  return code === undefined ? null : Number(code);
}

function kilobytes(memory: number): number | 'unlimited' {
  return memory > 0 ? Math.round(memory * 1024) : 'unlimited';
}

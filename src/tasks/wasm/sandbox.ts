import type { WasmLimits } from './limits.js';

/** MB of V8's heap: for the runner, its tables and the names in the tree. Linear memory and contents of files are outside of it. */
const heap = 96;
/** Kilobytes of the stack, V8's default. */
const stack = 984;
/** MB that Node reserves at its start; Node 24 reserves 512 of them for compiled code. */
const reserved = 1024;
/** MB of compiled code. */
const code = 128;

/**
 * The shell sets limits of the kernel and becomes Node. The limits hold after the end of this process. CPU seconds end an endless loop. The
 * data limit is a second one behind V8's own. Core files and written files are forbidden. A lower limit of the worker stays.
 */
const script = `
lower() {
  now=$(ulimit "$1")
  if [ "$now" = unlimited ] || [ "$now" -gt "$2" ]; then ulimit "$1" "$2"; fi
}
lower -t "$1" && lower -d "$2" && ulimit -c 0 && ulimit -f 0 && shift 2 && exec "$@"`;

/** The flag that switches on Node's permission model; its name differs between Node 20 and 22. `null`: this Node has none. Pure. */
export function permissionFlag(allowed: { has(flag: string): boolean }): string | null {
  return ['--permission', '--experimental-permission'].find((flag) => allowed.has(flag)) ?? null;
}

/** Argument with which the runner reports what it may do, as JSON: names of actions that should be refused. */
export const checkOption = '--check';

/** A Node whose permission model works, and the runner. */
export interface Sandbox {
  /** Absolute path of Node. */
  node: string;
  /** Switches its permission model on. */
  flag: string;
  /** Absolute path of the runner's file, without links. */
  runner: string;
}

/** Arguments of `/bin/sh` that start the runner: it can open its own file and nothing else. Pure. */
export function sandboxArgs({ node, flag, runner }: Sandbox, limits: WasmLimits): string[] {
  const seconds = Math.ceil(limits.timeout / 1000) + 1;
  const megabytes = reserved + heap + code + limits.memory + 3 * Math.ceil(limits.files / 2 ** 20);
  return [
    '-c',
    script,
    'mayfly-wasm',
    String(seconds),
    String(megabytes * 1024),
    node,
    flag,
    `--allow-fs-read=${runner}`,
    '--no-warnings',
    `--max-old-space-size=${heap}`,
    `--stack-size=${stack}`,
    `--wasm-max-mem-pages=${Math.floor(limits.memory * 16)}`,
    `--wasm-max-code-space-size-mb=${code}`,
    `--wasm-max-committed-code-mb=${code}`,
    runner,
  ];
}

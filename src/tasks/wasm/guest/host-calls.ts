import { type Fd, WASI, wasi } from '@bjorn3/browser_wasi_shim';
import { longestPath } from '../limits.js';
import type { WasmEnd } from '../result.js';
import { poll } from './poll.js';

type Call = (...args: never[]) => unknown;

/** Positions of the lengths of paths among the arguments. */
const pathLengths: Record<string, number[]> = {
  path_create_directory: [2],
  path_filestat_get: [3],
  path_filestat_set_times: [3],
  path_link: [3, 6],
  path_open: [3],
  path_readlink: [2],
  path_remove_directory: [2],
  path_rename: [2, 5],
  path_symlink: [1, 4],
  path_unlink_file: [2],
};

export interface HostOptions {
  args: string[];
  env: Record<string, string>;
  fds: Fd[];
  /** Milliseconds after which a sleep ends the module. */
  timeout: number;
  finish(end: WasmEnd): never;
}

/** The module's imports: the shim's, and our own where it has gaps. Pointers that are not in the module's memory are answered with an errno. */
export function hostCalls({ args, env, fds, timeout, finish }: HostOptions): { shim: WASI; imports: Record<string, Call> } {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const shim = new WASI(args, variables, fds, { debug: false });
  const view = () => new DataView(shim.inst.exports.memory.buffer);
  const notSocket = (fd: number) => (shim.fds[fd] === undefined ? wasi.ERRNO_BADF : wasi.ERRNO_NOTSOCK);
  const calls: Record<string, Call> = {
    ...shim.wasiImport,
    // The shim counts characters.
    args_sizes_get: (count: number, size: number) => {
      view().setUint32(count, args.length, true);
      view().setUint32(
        size,
        args.reduce((sum, arg) => sum + Buffer.byteLength(arg) + 1, 0),
        true,
      );
      return wasi.ERRNO_SUCCESS;
    },
    proc_exit: (code: number) => finish({ ended: 'exited', code: code >>> 0 }),
    proc_raise: (signal: number) => finish({ ended: 'stopped', reason: 'raised', message: `the module raised signal ${signal}` }),
    poll_oneoff: (from: number, to: number, count: number, written: number) =>
      poll(view(), shim.fds, { from: from >>> 0, to: to >>> 0, count: count >>> 0, written: written >>> 0 }, () => {
        if (performance.now() > timeout) finish({ ended: 'stopped', reason: 'timed_out', message: `longer than ${timeout} ms` });
      }),
    // No network.
    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,
  };
  return { shim, imports: Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, guarded(name, call)])) };
}

function guarded(name: string, call: Call): Call {
  const lengths = pathLengths[name] ?? [];
  return (...args: never[]) => {
    if (lengths.some((at) => Number(args[at]) >>> 0 > longestPath)) return wasi.ERRNO_NAMETOOLONG;
    try {
      return call(...args);
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/** @throws the error itself where the stack is full: the module's end */
function errnoOf(error: unknown): number {
  const message = error instanceof Error ? error.message : '';
  if (/call stack/i.test(message)) throw error;
  if (/allocation|array length/i.test(message)) return wasi.ERRNO_NOMEM;
  return error instanceof RangeError ? wasi.ERRNO_FAULT : wasi.ERRNO_INVAL;
}

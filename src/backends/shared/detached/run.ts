import { PassThrough, Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandSettings } from '../../ports/sessions.js';
import { cancelOn } from '../cancel.js';
import type { Ground } from './ground.js';

export interface Script {
  script: string;
  args: readonly string[];
  settings: CommandSettings;
  input?: string | null;
  /** Gets standard output; absent: it is returned. */
  sink?: Writable;
  /** Absent: nothing interrupts the script. */
  signal?: AbortSignal;
  /** See `ExecOptions`. */
  abandon?: AbortSignal;
}

/** Runs a script by the container's shell. */
export async function run(
  ground: Ground,
  { script, args, settings, input = null, sink, signal = new AbortController().signal, abandon }: Script,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const streams = { stdin: input === null ? null : Readable.from([input]), stdout: sink ?? stdout, stderr };
  const command = ['sh', '-c', script, 'sh', ...args];
  let code: number;
  try {
    code = await ground.exec({ ...settings, command, streams, cancel: cancelOn(signal), abandon });
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await texts;
  return { code, stdout: out, stderr: err };
}

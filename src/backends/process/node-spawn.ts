import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { DetachedChild, Exit, PipedChild, SpawnOptions } from './system.js';

/** Starts a process that outlives us, in its own session and with its output in a file. It reports its start on descriptor 3. */
export async function spawnDetached(options: SpawnOptions, log: string): Promise<DetachedChild> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const output = await fs.open(log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const { file, args, cwd, env } = options;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', output.fd, output.fd, 'pipe'] });
    await spawned(child);
    child.unref();
    const startPipe = child.stdio[3];
    if (!(startPipe instanceof Readable)) throw new Error('no pipe at descriptor 3');
    const started = new Promise<boolean>((resolve) => {
      startPipe.once('data', () => resolve(true));
      startPipe.once('close', () => resolve(false));
      startPipe.once('error', () => resolve(false));
    }).finally(() => startPipe.destroy());
    return { started };
  } finally {
    await output.close();
  }
}

/** Starts a process with pipes for its streams. */
export async function spawnPiped(options: SpawnOptions, stdin: boolean): Promise<PipedChild> {
  const { file, args, cwd, env } = options;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await spawned(child);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) throw new Error(`${file} did not start`);
  // Errors of a pipe are ignored: the reader sees the end of the stream.
  for (const pipe of [child.stdin, stdout, stderr]) pipe?.on('error', () => {});
  return { pid, stdin: child.stdin, stdout, stderr, exited };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

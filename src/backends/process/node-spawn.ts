import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { DetachedChild, Exit, PipedChild, SpawnOptions } from './system.js';

/** Starts what outlives us: own session, output to a file, nothing of ours held but descriptor 3 until it says it runs. */
export async function spawnDetached(options: SpawnOptions, log: string): Promise<DetachedChild> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const output = await fs.open(log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const { file, args, cwd, env } = options;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', output.fd, output.fd, 'pipe'] });
    await spawned(child);
    child.unref();
    const said = child.stdio[3];
    if (!(said instanceof Readable)) throw new Error('no pipe at descriptor 3');
    const started = new Promise<boolean>((resolve) => {
      said.once('data', () => resolve(true));
      said.once('close', () => resolve(false));
      said.once('error', () => resolve(false));
    }).finally(() => said.destroy());
    return { started };
  } finally {
    await output.close();
  }
}

/** Starts what we speak to through pipes. */
export async function spawnPiped(options: SpawnOptions, stdin: boolean): Promise<PipedChild> {
  const { file, args, cwd, env } = options;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await spawned(child);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) throw new Error(`${file} did not start`);
  // A pipe that breaks shows as the end of what it carries.
  for (const pipe of [child.stdin, stdout, stderr]) pipe?.on('error', () => {});
  return { pid, stdin: child.stdin, stdout, stderr, exited };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './run-cli.js';
import { until } from './poll.js';

/** The keeper of a machine, `null` where none lives. */
export function keeperOf({ stateDir }: Pick<Machine, 'stateDir'>): number | null {
  const text = read(join(stateDir, 'keeper.lock'));
  if (text === '') return null;
  const { pid } = (JSON.parse(text) as { process: { pid: number } }).process;
  return isAlive(pid) && isKeeper(pid) ? pid : null;
}

export function isKeeper(pid: number): boolean {
  return /\0keeper\0run\0/.test(read(`/proc/${pid}/cmdline`));
}

/** A process that only waits for its parent to hear of its end is gone. */
export function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`));
}

/** SIGKILL; returns when it is gone. */
export async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
  await until(`process ${pid} is gone`, () => !isAlive(pid), { everyMs: 2 });
}

/** Kills a machine's keeper, and those that are only starting or wait for its lock: the next of them would take its place. */
export async function killKeeper(machine: Pick<Machine, 'stateDir'>): Promise<void> {
  for (let found = keepersOf(machine); found.length > 0; found = keepersOf(machine)) await Promise.all(found.map(kill));
}

function keepersOf({ stateDir }: Pick<Machine, 'stateDir'>): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const isOwn = (pid: number) => isKeeper(pid) && read(`/proc/${pid}/environ`).split('\0').includes(`MAYFLY_STATE_DIR=${stateDir}`);
  return pids.map(Number).filter((pid) => isAlive(pid) && isOwn(pid));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

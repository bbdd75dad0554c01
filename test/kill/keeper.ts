import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WatchRequest } from '../../src/keeper/protocol.js';
import { dockerSocket } from '../support/docker.js';
import { cliPath, type Machine } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';

export interface RunningKeeper {
  pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  done: Promise<unknown>;
}

export function dockerAt(host = `unix://${dockerSocket()}`): WatchRequest {
  return { backend: 'docker', endpoint: host, env: { DOCKER_HOST: host } };
}

/** A keeper as a machine has it after a restart: its file tells what to watch. `keys`: what no file tells. */
export async function startKeeper(
  { stateDir, env }: Machine,
  watch = dockerAt(),
  keys: Record<string, string> = {},
): Promise<RunningKeeper> {
  await writeFile(join(stateDir, 'keeper-watch.json'), JSON.stringify([watch]));
  const child = spawn(process.execPath, [cliPath, 'keeper', 'run'], { env: { ...env, ...watch.env, ...keys }, stdio: 'ignore' });
  const done = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await done;
  };
  afterTest(kill);
  return { pid: child.pid!, kill, done };
}

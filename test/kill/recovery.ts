import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownedObjects } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { type CliResult, type Machine, machine, runCli } from '../support/run-cli.js';
import type { Stage } from './stage.js';
import { pastDeadline } from './worker-file.js';

/** The one command after a kill; `elsewhere` with nothing but the daemon to go by: HOME and state directory are gone. */
export type Recovery = 'destroy' | 'destroy elsewhere' | 'gc' | 'gc elsewhere';

export const recoveries: readonly Recovery[] = ['destroy', 'gc', 'destroy elsewhere', 'gc elsewhere'];

/**
 * Runs it once in a fresh process: `destroy` on the daemon's own socket; `gc` after the deadline by the clock that the daemon has
 * there, and where this worker is alone, since it ends all that is due on a daemon that others use.
 *
 * @returns what is wrong, empty when all is well
 */
export async function recover(stage: Stage, recovery: Recovery): Promise<string[]> {
  const { worker } = stage;
  const elsewhere = recovery.endsWith('elsewhere');
  const known = !elsewhere && existsSync(join(stage.machine.stateDir, 'workers', 'docker', worker));
  const from = elsewhere ? await machine() : stage.machine;
  const result = recovery.startsWith('destroy')
    ? await runCli(['destroy', worker, '--auto-approve', '--backend', 'docker'], { machine: from })
    : await sweepAlone(worker, from);
  const left = (await ownedObjects(worker)).map(({ kind, name }) => `left: ${kind} ${name}`);
  return [...left, ...judge(result, recovery, known)];
}

async function sweepAlone(worker: string, from: Machine): Promise<CliResult> {
  const proxy = await startDockerProxy({ worker, ahead: pastDeadline });
  try {
    return await runCli(['gc', '--backend', 'docker'], { machine: from, env: { DOCKER_HOST: proxy.host } });
  } finally {
    await proxy.close();
  }
}

/** A name that nothing knows is an error; so says promise 5. That something is left is told apart from it. */
function judge({ code, stdout, stderr, timedOut }: CliResult, recovery: Recovery, known: boolean): string[] {
  if (code === 0) return [];
  if (!known && recovery.startsWith('destroy') && code === 1 && stderr.includes('no backend and no history knows')) return [];
  return [`${recovery} ${timedOut ? 'took too long' : `exited with ${code}`}: ${stdout}${stderr}`];
}

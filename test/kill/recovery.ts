import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownedObjects } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { type CliResult, type Machine, machine, runCli } from '../support/run-cli.js';
import { inLane, type Stage, timeoutMs } from './stage.js';
import { pastDeadline } from './worker-file.js';

/** The one command after a kill; `elsewhere` with nothing but the daemon to go by: HOME and state directory are gone. */
export type Recovery = 'destroy' | 'destroy elsewhere' | 'gc' | 'gc elsewhere' | 'apply again, destroy';

/** In turn; their number and that of a call's moments have no common factor, so that each meets each. */
export const recoveries: readonly Recovery[] = ['destroy', 'gc', 'destroy elsewhere', 'gc elsewhere'];

/** All of a worker of `fullSpec`, each once. */
export const whole = ['build', 'db', 'engine', 'lease', 'quick', 'work'];

/** What a worker's objects are, by the ends of their names; a second one of a kind shows. */
export async function parts(worker: string): Promise<string[]> {
  const names = (await ownedObjects(worker)).map(({ name }) => name.replace(`mayfly-${worker}`, ''));
  return names.map((name) => name.replace(/^\./, '').replace(/^-lease-\d+$/, 'lease')).sort();
}

/** Finishes what was begun: says that it was, and makes nothing twice. @returns what is wrong */
export async function applyAgain({ worker, cli, spec }: Stage, interrupted: boolean): Promise<string[]> {
  const { code, stdout, stderr } = await (await cli('apply', spec, '--auto-approve')).done;
  if (code !== 0) return [`apply again exited with ${code}: ${stdout}${stderr}`];
  const made = await parts(worker);
  const wrong = made.join() === whole.join() ? [] : [`apply again made ${made.join(', ')}`];
  if (interrupted && !stderr.includes('an earlier apply was interrupted at: ')) wrong.push(`apply again did not say so: ${stderr}`);
  return wrong;
}

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
  const result = recovery.startsWith('gc')
    ? await sweepAlone(worker, from)
    : await runCli(['destroy', worker, '--auto-approve', '--backend', 'docker'], { machine: from, timeoutMs });
  const left = (await ownedObjects(worker)).map(({ kind, name }) => `left: ${kind} ${name}`);
  return [...left, ...judge(result, recovery, known)];
}

async function sweepAlone(worker: string, from: Machine): Promise<CliResult> {
  const proxy = await startDockerProxy({ shows: inLane(worker), ahead: pastDeadline });
  try {
    return await runCli(['gc', '--backend', 'docker'], { machine: from, env: { DOCKER_HOST: proxy.host }, timeoutMs });
  } finally {
    await proxy.close();
  }
}

/** A name that nothing knows is an error; so says promise 5. That something is left is told apart from it. */
function judge({ code, stdout, stderr, timedOut }: CliResult, recovery: Recovery, known: boolean): string[] {
  if (code === 0) return [];
  if (!known && !recovery.startsWith('gc') && code === 1 && stderr.includes('is running, or ended in the last 7 days')) return [];
  return [`${recovery} ${timedOut ? 'took too long' : `exited with ${code}`}: ${stdout}${stderr}`];
}

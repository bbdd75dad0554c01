import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { MayflyError } from '../../errors.js';
import { defaultLimits } from './limits.js';
import { checkOption, permissionFlag, type Sandbox, sandboxArgs } from './sandbox.js';

const run = promisify(execFile);
/** Milliseconds that the check may take. */
const patience = 30_000;

/**
 * Makes sure that this Node's permission model refuses files, processes, threads and addons to the runner.
 * @throws MayflyError `not_possible` if it does not: modules must not run here
 */
export async function openSandbox(file: string): Promise<Sandbox> {
  const flag = permissionFlag(process.allowedNodeEnvironmentFlags);
  if (flag === null) throw refusal(`Node ${process.version} has no permission model`);
  const sandbox = { node: process.execPath, flag, runner: await realpath(file) };
  const allowed = await allowedIn(sandbox);
  if (allowed.length > 0) throw refusal(`the permission model of Node ${process.version} lets the runner ${allowed.join(', ')}`);
  return sandbox;
}

async function allowedIn(sandbox: Sandbox): Promise<string[]> {
  const args = [...sandboxArgs(sandbox, defaultLimits), checkOption];
  try {
    const { stdout } = await run('/bin/sh', args, { cwd: '/', env: {}, timeout: patience });
    return z.array(z.string()).parse(JSON.parse(stdout));
  } catch (error) {
    throw refusal(`the runner ${sandbox.runner} cannot be started in its sandbox: ${firstLine(error)}`, error);
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n')[0]!;
}

function refusal(cause: string, error?: unknown): MayflyError {
  return new MayflyError('not_possible', { cause, remedy: 'install Node 20.19 or later, or run the function as a command', error });
}

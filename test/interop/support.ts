import { expect } from 'vitest';
import { runTerraform, type TerraformResult } from '../support/terraform.js';
import { jsonLines, type Worker } from '../docker/support.js';

/** Runs terraform in a worker's directory, where its stack, state and variables lie. Exit code 0, or what it printed. */
export async function terraform(cwd: string, ...args: string[]): Promise<TerraformResult> {
  const result = await runTerraform(args, { cwd });
  expect(result.code, `terraform ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

/**
 * Ends the keeper of the test's machine, which would see terraform stop the engine and end the worker beside it. The next command
 * of mayfly starts one again.
 */
export async function dismissKeeper(worker: Worker): Promise<void> {
  const { stdout } = await worker.must(['show', 'NAME', '--json']);
  const [shown] = jsonLines(stdout) as unknown as { armed: { layer: string; detail: string }[] }[];
  const keeper = shown?.armed.find(({ layer }) => layer === 'keeper');
  const pid = Number(/pid (\d+)/.exec(keeper?.detail ?? '')?.[1]);
  if (pid > 1) process.kill(pid, 'SIGTERM');
}

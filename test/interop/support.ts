import { expect } from 'vitest';
import { join } from 'node:path';
import { machine } from '../support/run-cli.js';
import { type Product, productPath, runTerraform, terraformCliConfig, type TerraformResult } from '../support/terraform.js';
import { jsonLines, type SpecFile, type Worker, worker } from '../docker/support.js';
import { specEnv } from './specs.js';

/** Runs terraform in a worker's directory, where its stack, state and variables lie. Exit code 0, or what it printed. */
export const terraform = (cwd: string, ...args: string[]) => runProduct('terraform', cwd, ...args);

export async function runProduct(product: Product, cwd: string, ...args: string[]): Promise<TerraformResult> {
  const result = await runTerraform(args, { cwd, product });
  expect(result.code, `${product} ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
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

/** A worker on a machine where both CLIs are found and take the provider from our mirror alone. */
export async function interopWorker(spec: SpecFile, env: Record<string, string> = {}): Promise<Worker> {
  const own = await machine();
  const config = await terraformCliConfig(join(own.home, 'cli'));
  return worker(spec, { machine: own, env: { ...specEnv, TF_CLI_CONFIG_FILE: config, PATH: productPath, ...env } });
}

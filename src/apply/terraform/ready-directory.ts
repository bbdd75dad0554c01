import { createHash } from 'node:crypto';
import { chmod, cp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.js';
import type { Stack } from '../../plan/stack.js';
import { acquireLock } from '../../state/lock.js';
import { isOurs, makePrivate } from '../../state/private-path.js';
import type { Cli, Run } from './cli.js';
import { must } from './command.js';

/** Files that `init` makes: links to the plugins, and their checksums. */
const initFiles = ['.terraform', '.terraform.lock.hcl'];
/** Seconds that another command may take to download plugins. */
const initTimeout = 600;

export interface ReadyOptions {
  cli: Cli;
  /** mayfly's directory in the user's cache. */
  cacheDir: string;
  clock: Clock;
  run: Omit<Run, 'cwd'>;
  worker: string;
}

/**
 * Prepares a directory with a stack for the CLI's other commands. The user's cache holds one copy of each plugin and of the files that `init`
 * makes, so only the first `init` of all workers takes time and needs a network.
 */
export async function makeReady(directory: string, stack: Stack, options: ReadyOptions): Promise<void> {
  const { cli, cacheDir, clock, run, worker } = options;
  const { required_providers, backend } = stack.terraform;
  const version = await cli.version({ ...run, cwd: directory }, worker);
  const key = createHash('sha256')
    .update(JSON.stringify([version, required_providers, backend]))
    .digest('hex')
    .slice(0, 16);
  const root = join(cacheDir, cli.product);
  const cached = join(root, key);
  const below = dirname(cacheDir);
  if (isOurs(cached, below, 'cache') && (await take(cached, directory))) return;
  makePrivate(join(root, 'plugins'), below, 'cache');
  // The CLIs' plugin cache does not support two processes at once.
  const lock = await acquireLock(join(root, 'init.lock'), { operation: 'init', timeout: initTimeout, clock, signal: run.stop });
  try {
    if (await take(cached, directory)) return;
    await init(directory, options, []);
    await keep(directory, cached, below);
  } finally {
    await lock.release();
  }
}

/** Runs `init`. `config`: paths of files with the state backend's configuration. */
export async function init(directory: string, { cli, cacheDir, run, worker }: ReadyOptions, config: readonly string[]): Promise<void> {
  const args = [
    'init',
    '-no-color',
    '-input=false',
    ...(config.length > 0 ? ['-reconfigure'] : []),
    ...config.map((file) => `-backend-config=${file}`),
  ];
  const env = { TF_PLUGIN_CACHE_DIR: join(cacheDir, cli.product, 'plugins') };
  await must(args, { cli, worker, run: { ...run, cwd: directory }, env });
}

async function take(from: string, to: string): Promise<boolean> {
  if (!(await isWhole(join(from, '.terraform')))) return false;
  for (const name of initFiles) {
    // Node does not replace an existing link, so the target is removed first.
    await rm(join(to, name), { recursive: true, force: true });
    await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
  }
  await chmod(join(to, initFiles[1]!), 0o600);
  return true;
}

async function keep(from: string, to: string, below: string): Promise<void> {
  const draft = `${to}.tmp`;
  await rm(draft, { recursive: true, force: true });
  makePrivate(draft, below, 'cache');
  for (const name of initFiles) await cp(join(from, name), join(draft, name), { recursive: true, verbatimSymlinks: true });
  await rm(to, { recursive: true, force: true });
  await rename(draft, to);
}

/** Whether all plugins exist. They are links into the cache or into a mirror, and the target of a link may be removed. */
async function isWhole(directory: string): Promise<boolean> {
  try {
    const entries = await readdir(directory, { recursive: true });
    for (const entry of entries) await stat(join(directory, entry));
    return true;
  } catch {
    return false;
  }
}

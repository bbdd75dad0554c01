import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  const { action, docker } = args;
  if (action === 'run') {
    const { run: runKeeper } = await import('./daemon.js');
    return runKeeper({ docker });
  }
  const { run: install } = await import('./install.js');
  await install(args);
}

import type { CommonArgs } from '../session.js';

interface Args extends CommonArgs {
  action: 'run' | 'install';
  docker: boolean;
  image?: string;
}

export async function run(args: Args): Promise<void> {
  const { action, docker } = args;
  if (action === 'run') {
    const { run: runKeeper } = await import('./keeper-run.js');
    return runKeeper({ docker });
  }
  const { run: install } = await import('./keeper-install.js');
  await install(args);
}

import type { ArgsOf, Declaration } from '../../declaration.js';

export const keeper = {
  name: 'keeper',
  describe: 'Run a keeper that stays (run --docker), or have one run for good (install)',
  positionals: { action: { choices: ['run', 'install'], demandOption: true, describe: 'run, or install' } },
  options: {
    docker: { type: 'boolean', default: false, describe: 'The keeper of the Docker daemon, for all its workers' },
    image: { type: 'string', requiresArg: true, describe: 'With install --docker: the image made from the Dockerfile' },
  },
  examples: [
    ['keeper install', 'a systemd user unit, for a workstation'],
    ['keeper install --docker', 'a container inside the daemon, for CI'],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof keeper>;

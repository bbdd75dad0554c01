import type { ArgsOf, Declaration } from '../../declaration.js';

export const keeper = {
  name: 'keeper',
  describe: 'Run a keeper, or install a permanent keeper: a systemd user service, or a container on the Docker daemon for CI',
  positionals: { action: { choices: ['run', 'install'], demandOption: true, describe: 'run: in this process; install: permanently' } },
  options: {
    docker: { type: 'boolean', default: false, describe: 'run: end all workers of the Docker daemon; install: as a container on it' },
    image: { type: 'string', requiresArg: true, describe: 'Image for install --docker, built from the Dockerfile' },
  },
  examples: [
    ['keeper install', 'a systemd user service, for a workstation'],
    ['keeper install --docker', 'a container on the Docker daemon, for CI'],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof keeper>;

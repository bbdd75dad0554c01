import type { ArgsOf, Declaration } from '../../declaration.js';

export const serve = {
  name: 'serve',
  describe: 'Run the service: it takes runs over HTTP, places them on its nodes and follows their workers to their ends',
  positionals: {
    action: { choices: ['backup'], describe: "backup: copy the service's database into a file, also while it runs" },
    file: { type: 'string', describe: 'The file of the backup; it is replaced if it exists' },
  },
  options: {
    host: { type: 'string', default: '127.0.0.1', requiresArg: true, describe: 'Address to listen on' },
    port: { type: 'number', default: 7311, requiresArg: true, describe: 'Port to listen on; 0: a free one' },
    restored: { type: 'boolean', default: false, describe: 'The database is an older copy: take up the workers that it lacks first' },
    processes: { type: 'boolean', default: false, describe: 'Also run workers as processes of this machine, as this user: for a trial' },
  },
  examples: [
    ['serve', 'workers on the local Docker daemon; prints a token at its first start'],
    ['serve --processes', 'a trial without Docker'],
    ['serve backup /backups/mayfly.db', ''],
  ],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof serve>;

import type { ArgsOf, Declaration } from '../../declaration.js';
import { settings } from '../shared/options.js';

const { env, 'env-file': envFile } = settings;

export const task = {
  name: 'task',
  describe: "Do commands in the workers of a server's runs: add, list, show, stop and redrive tasks, and read their output",
  positionals: {
    action: {
      choices: ['add', 'list', 'show', 'stop', 'logs', 'redrive'],
      demandOption: true,
      describe:
        'add: queue a command for a run; list: the newest tasks; show: one; stop: end one; logs: print the output of one; redrive: make a new task of a dead one',
    },
    target: {
      type: 'string',
      describe:
        "With add, and optionally with list: a run's id, or its spec's name; absent with --fleet and --allocation. Else: the id of a task",
    },
  },
  options: {
    fleet: { type: 'string', requiresArg: true, describe: 'With add: the fleet whose workers do it, in place of a run' },
    allocation: { type: 'string', requiresArg: true, describe: 'With add: the allocation whose resources it uses, in place of a run' },
    function: {
      type: 'string',
      requiresArg: true,
      describe: 'With add: a function, or a revision of it (resize@v1), in place of a command',
    },
    in: {
      type: 'string',
      requiresArg: true,
      describe: 'With add: the container (default: that of the function or allocation, else the engine)',
    },
    timeout: {
      type: 'string',
      requiresArg: true,
      describe: 'With add: the longest time of the command (default: 10m, or that of the function)',
    },
    'file-in': {
      type: 'string',
      array: true,
      nargs: 1,
      requiresArg: true,
      describe:
        'With add: RUN:CONTAINER:PATH=PATH, a file or a tree of another run that is copied into the container before the command. Repeatable',
    },
    'file-out': {
      type: 'string',
      array: true,
      nargs: 1,
      requiresArg: true,
      describe:
        'With add: PATH=RUN:CONTAINER:PATH, a file or a tree of the container that is copied to another run after an exit with 0. Repeatable',
    },
    env,
    'env-file': envFile,
    attempts: { type: 'number', requiresArg: true, describe: 'With add: the most deliveries to workers (default: 3)' },
    priority: { type: 'number', requiresArg: true, describe: 'With add: 1 to 1000, higher first (default: 500)' },
    cpu: { type: 'number', requiresArg: true, describe: 'With add: millicores of the container (default: all, one task at a time)' },
    memory: { type: 'number', requiresArg: true, describe: 'With add: MB of the container (default: all)' },
    state: { type: 'string', requiresArg: true, describe: 'With list: only tasks in this state' },
    dead: { type: 'boolean', default: false, describe: 'With list: only tasks whose deliveries are used up' },
    follow: { alias: 'f', type: 'boolean', default: false, describe: "With logs: until the task's end, over all of its deliveries" },
  },
  examples: [
    ['task add ci --timeout 5m --cpu 500 --memory 256 -- make test', ''],
    ['task add --fleet builders -- make test', ''],
    ['task add ci --file-in producer:/out/data=/data --file-out /report=collector:/reports -- make report', ''],
    ['task add --allocation 4d1c… -- make test', ''],
    ['task logs 0b5e… --follow', ''],
    ['task list ci --state failed', ''],
  ],
  takesCommand: true,
} as const satisfies Declaration;

export type Args = ArgsOf<typeof task>;

import type { Argv } from 'yargs';

interface Command {
  command: string;
  describe: string | false;
  builder(y: Argv): Argv;
  /** The module that runs it, loaded late. */
  load(): Promise<{ run(argv: never): Promise<void> }>;
}

const spec = (y: Argv) =>
  y.positional('spec', { type: 'string', demandOption: true, describe: 'Spec file, YAML or JSON; - for standard input' }).option('name', {
    type: 'string',
    describe: "The worker's name, where the spec has none",
  });
const worker = (y: Argv) => y.positional('worker', { type: 'string', demandOption: true, describe: "The worker's name" });
const strict = (y: Argv) =>
  y.option('strict', { type: 'boolean', default: false, describe: 'Refuse limits that the backend cannot enforce' });
const approval = (y: Argv) => y.option('auto-approve', { type: 'boolean', default: false, describe: 'Do not ask' });
const locking = (y: Argv) => y.option('lock-timeout', { type: 'number', describe: "Seconds to wait for another command's lock" });
const working = (y: Argv) => locking(y).option('parallelism', { type: 'number', describe: 'Resources worked on at once (10)' });

/** Every command with its arguments; what it does is in the module of its name. */
export const commands: Command[] = [
  {
    command: 'plan <spec>',
    describe: 'Show what apply would do',
    builder: (y) =>
      strict(spec(y))
        .option('out', { type: 'string', describe: 'Save the plan to a file, for `mayfly apply FILE`' })
        .option('detailed-exitcode', { type: 'boolean', default: false, describe: 'Exit with 2 when there are changes' })
        .option('markdown', { type: 'boolean', default: false, describe: "Print Markdown, for a pull request's comment" }),
    load: () => import('./plan.js'),
  },
  {
    command: 'apply <spec>',
    describe: 'Make the worker and print how to reach it',
    builder: (y) => working(approval(strict(spec(y)))),
    load: () => import('./apply.js'),
  },
  {
    command: 'destroy <worker>',
    describe: 'End a worker, by its name or its spec',
    builder: (y) => locking(approval(worker(y))).option('name', { type: 'string', describe: "The worker's name, where the spec has none" }),
    load: () => import('./destroy.js'),
  },
  {
    command: 'output <worker> [name]',
    describe: "Print the worker's outputs: its access",
    builder: (y) => worker(y).positional('name', { type: 'string' }),
    load: () => import('./output.js'),
  },
  {
    command: 'show <worker>',
    describe: 'Show a worker, what ends it, and how earlier lives ended',
    builder: worker,
    load: () => import('./show.js'),
  },
  { command: 'list', describe: 'List living workers', builder: (y) => y, load: () => import('./list.js') },
  {
    command: 'extend <worker> <duration>',
    describe: "Move a worker's end, by seconds or 30m, 2h",
    builder: (y) => locking(worker(y)).positional('duration', { type: 'string', demandOption: true }),
    load: () => import('./extend.js'),
  },
  { command: 'keeper run', describe: false, builder: (y) => y, load: () => import('./keeper.js') },
];

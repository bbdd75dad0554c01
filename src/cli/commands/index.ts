import type { Argv } from 'yargs';
import { applierNames } from '../../plan/plan.js';

interface Command {
  command: string;
  describe: string | false;
  builder(y: Argv): Argv;
  /** It takes a command of the user's: what follows this many arguments of its own, and what stands behind `--`. */
  takesCommand?: number;
  /** The module that runs it, loaded late. */
  load(): Promise<{ run(argv: never): Promise<void> }>;
}

const named = (y: Argv) => y.option('name', { type: 'string', requiresArg: true, describe: "The worker's name; wins over the spec's" });
const spec = (y: Argv) =>
  named(
    y.positional('spec', {
      type: 'string',
      demandOption: true,
      describe: 'Spec file, YAML (of one worker or several) or JSON; - for standard input',
    }),
  );
const worker = (y: Argv) => y.positional('worker', { type: 'string', demandOption: true, describe: "The worker's name" });
const container = (y: Argv) =>
  worker(y).positional('container', { type: 'string', describe: "The container's name; the engine's by default" });
const strict = (y: Argv) =>
  y.option('strict', { type: 'boolean', default: false, describe: 'Refuse limits that the backend cannot enforce' });
const applying = (y: Argv) =>
  y.option('applier', {
    type: 'string',
    choices: applierNames,
    requiresArg: true,
    describe: 'What plans and applies: mayfly itself (embedded), or the terraform or tofu command',
  });
const approval = (y: Argv) => y.option('auto-approve', { type: 'boolean', default: false, describe: 'Do not ask' });
const locking = (y: Argv) =>
  y.option('lock-timeout', { type: 'number', requiresArg: true, describe: "Seconds to wait for another command's lock" });
const working = (y: Argv) =>
  locking(y).option('parallelism', { type: 'number', requiresArg: true, describe: 'Resources worked on at once (10)' });

/** Every command with its arguments; what it does is in the module of its name. */
export const commands: Command[] = [
  {
    command: 'plan <spec>',
    describe: 'Show what apply would do',
    builder: (y) =>
      applying(strict(spec(y)))
        .option('out', { type: 'string', requiresArg: true, describe: 'Save the plan to a file, for `mayfly apply FILE`' })
        .option('detailed-exitcode', { type: 'boolean', default: false, describe: 'Exit with 2 when there are changes' })
        .option('markdown', { type: 'boolean', default: false, describe: "Print Markdown, for a pull request's comment" }),
    load: () => import('./plan.js'),
  },
  {
    command: 'apply <spec>',
    describe: 'Make the worker and print how to reach it',
    builder: (y) =>
      working(approval(applying(strict(spec(y))))).option('adopt', {
        type: 'boolean',
        default: false,
        describe: 'Change a worker even if the spec of another repository or path made it',
      }),
    load: () => import('./apply.js'),
  },
  {
    command: 'destroy <worker>',
    describe: 'End a worker, by its name or its spec',
    builder: (y) => named(locking(applying(approval(worker(y))))),
    load: () => import('./destroy.js'),
  },
  {
    command: 'output <worker> [name]',
    describe: "Print the worker's outputs: its access",
    builder: (y) => worker(y).positional('name', { type: 'string', describe: 'One output alone' }),
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
    builder: (y) =>
      locking(worker(y)).positional('duration', {
        type: 'string',
        demandOption: true,
        describe: 'Seconds, or 30m, 2h, 1d; -10m ends it earlier',
      }),
    load: () => import('./extend.js'),
  },
  {
    command: 'init [file]',
    describe: 'Write a first spec, with the name of its folder',
    builder: (y) => y.positional('file', { type: 'string', default: 'mayfly.yaml', describe: 'The file to write' }),
    load: () => import('./init.js'),
  },
  {
    command: 'validate <specs..>',
    describe: 'Check spec files without asking any backend',
    builder: (y) =>
      named(y.positional('specs', { type: 'string', array: true, demandOption: true, describe: 'Spec files; - for standard input' })),
    load: () => import('./validate.js'),
  },
  {
    command: 'run <spec>',
    describe: 'Run one command in a worker of its own: apply, wait, run, destroy. Exits with its code, 124 when the time was up',
    builder: (y) =>
      applying(strict(spec(y)))
        .option('in', { type: 'string', requiresArg: true, default: 'engine', describe: 'The container to run it in' })
        .option('interactive', { alias: 'i', type: 'boolean', default: false, describe: 'Pass on standard input' })
        .example('$0 run ci.yaml --in build -- make test', ''),
    takesCommand: 1,
    load: () => import('./run.js'),
  },
  {
    command: 'exec <worker> [container]',
    describe: "Run a command in a worker's container (the engine's by default)",
    builder: (y) =>
      container(y)
        .option('interactive', { alias: 'i', type: 'boolean', default: false, describe: 'Pass on standard input' })
        .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'Give the command a terminal, of this size (docker)' })
        .example('$0 exec ci build -- make test', '')
        .example('$0 exec -it ci build -- sh', ''),
    takesCommand: 2,
    load: () => import('./exec.js'),
  },
  {
    command: 'logs <worker> [container]',
    describe: "Print a container's log (the engine's by default)",
    builder: (y) =>
      container(y)
        .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Go on until it ends' })
        .option('tail', { type: 'number', requiresArg: true, describe: 'Begin with this many last lines' })
        .option('since', {
          type: 'string',
          requiresArg: true,
          describe: 'Only lines since then: 10m, an RFC 3339 time, or seconds since 1970',
        }),
    load: () => import('./logs.js'),
  },
  {
    command: 'cp <source> <destination>',
    describe: 'Copy files into a container or out of one',
    builder: (y) =>
      y
        .positional('source', {
          type: 'string',
          demandOption: true,
          describe: 'A path, WORKER:PATH (of the engine) or WORKER:CONTAINER:PATH',
        })
        .positional('destination', {
          type: 'string',
          demandOption: true,
          describe: 'The same; one of both is in a worker. - for a tar stream',
        })
        .example('$0 cp ci:build:/work/report .', '')
        .example('$0 cp src/. ci:build:/work/src', ''),
    load: () => import('./cp.js'),
  },
  {
    command: 'wait <worker>',
    describe: "Wait until a worker is ready, or has ended. Exits with the engine's code, 124 when the time was up",
    builder: (y) =>
      worker(y)
        .option('for', { choices: ['ready', 'ended'] as const, requiresArg: true, default: 'ended', describe: 'What to wait for' })
        .option('timeout', {
          type: 'string',
          requiresArg: true,
          describe: 'Seconds, or 30m, 2h; an error after that (as long as it takes)',
        })
        .example('$0 wait ci --for ready --timeout 5m', ''),
    load: () => import('./wait.js'),
  },
  {
    command: 'gc',
    describe: 'End every worker that is due, by labels alone',
    builder: (y) => locking(y).option('dry-run', { type: 'boolean', default: false, describe: 'Only say what would be ended' }),
    load: () => import('./gc.js'),
  },
  {
    command: 'unlock <worker>',
    describe: 'Break the lock of a command that is gone',
    builder: (y) => worker(y).option('force', { type: 'boolean', default: false, describe: 'Even if its holder may be alive' }),
    load: () => import('./unlock.js'),
  },
  {
    command: 'synth <spec>',
    describe: 'Print the synthesized stack, or write it to a directory',
    builder: (y) => strict(spec(y)).option('out', { type: 'string', requiresArg: true, describe: 'The directory' }),
    load: () => import('./synth.js'),
  },
  { command: 'graph <spec>', describe: 'Print the graph of resources as Mermaid', builder: spec, load: () => import('./graph.js') },
  { command: 'schema', describe: 'Print the JSON Schema of specs', builder: (y) => y, load: () => import('./schema.js') },
  {
    command: 'doctor',
    describe: 'Say what is reachable and what is left over',
    builder: (y) =>
      y
        .option('aws-policy', {
          type: 'boolean',
          default: false,
          describe: 'Print the least IAM policy that runs mayfly on AWS, and nothing else',
        })
        .example('$0 doctor --aws-policy >policy.json', 'for the role of a CI job'),
    load: () => import('./doctor.js'),
  },
  {
    command: 'keeper <action>',
    describe: 'Run a keeper that stays (run --docker), or have one run for good (install)',
    builder: (y) =>
      y
        .positional('action', { choices: ['run', 'install'] as const, demandOption: true, describe: 'run, or install' })
        .option('docker', { type: 'boolean', default: false, describe: 'The keeper of the Docker daemon, for all its workers' })
        .option('image', { type: 'string', requiresArg: true, describe: 'With install --docker: the image made from the Dockerfile' })
        .example('$0 keeper install', 'a systemd user unit, for a workstation')
        .example('$0 keeper install --docker', 'a container inside the daemon, for CI'),
    load: () => import('./keeper.js'),
  },
  {
    command: 'completion [shell]',
    describe: 'Print what makes a shell complete commands, options and names of workers',
    builder: (y) =>
      y
        .positional('shell', { choices: ['bash', 'zsh'] as const, describe: 'The one in use by default' })
        .example('$0 completion bash >>~/.bashrc', ''),
    load: () => import('./completion.js'),
  },
];

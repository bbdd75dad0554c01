import yargs, { type Argv } from 'yargs';
import pkg from '../../package.json' with { type: 'json' };
import { splitCommandLine } from './command-line.js';
import { backendNames } from '../spec/worker-spec.js';
import { commands } from './commands/index.js';
import { failUsage } from './usage.js';

/** Parses the command line; each command's module is loaded when it is chosen. */
export async function runProgram(args: string[]): Promise<void> {
  const { words, behind } = splitCommandLine(args);
  const program = yargs(words)
    .scriptName('mayfly')
    .usage('$0 <command>\n\nDeclarative temporary workers: plan, apply, and gone when their time is up.')
    .parserConfiguration({ 'camel-case-expansion': true, 'duplicate-arguments-array': false })
    .option('json', { type: 'boolean', describe: 'Print JSON' })
    .option('debug', { type: 'boolean', describe: 'Print stack traces' })
    .option('color', { type: 'boolean', describe: '--no-color, or NO_COLOR, for plain text', hidden: true })
    .option('backend', { type: 'string', choices: backendNames, requiresArg: true, describe: 'Where the worker lives' })
    .group(['backend', 'json', 'debug', 'help', 'version'], 'Of every command:')
    .version(pkg.version)
    .alias('version', 'V')
    .alias('help', 'h')
    .demandCommand(1, 'name a command')
    .strict()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .epilogue('Exit codes: 0 done, 1 error, 2 changes present (--detailed-exitcode), 3 no backend can satisfy the spec.')
    .fail((message, error) => failUsage(words, message, error));
  for (const { command, describe, builder, load } of commands) {
    program.command(
      command,
      describe as string,
      (y: Argv) => builder(y),
      async (argv: unknown) => {
        const { run } = await load();
        await run({ ...(argv as object), behind } as never);
      },
    );
  }
  await program.parseAsync();
}

import yargs, { type Argv } from 'yargs';
import pkg from '../../package.json' with { type: 'json' };
import { commands } from './commands/index.js';

/** Parses the command line; each command's module is loaded when it is chosen. */
export async function runProgram(args: string[]): Promise<void> {
  const program = yargs(args)
    .scriptName('mayfly')
    .usage('$0 <command>\n\nDeclarative temporary workers: plan, apply, and gone when their time is up.')
    .parserConfiguration({ 'populate--': true, 'camel-case-expansion': true })
    .option('json', { type: 'boolean', describe: 'Print JSON', global: true })
    .option('debug', { type: 'boolean', describe: 'Print stack traces', global: true })
    .option('color', { type: 'boolean', describe: '--no-color, or NO_COLOR, for plain text', global: true, hidden: true })
    .option('backend', { type: 'string', choices: ['docker', 'process'], describe: 'Where the worker lives', global: true })
    .version(pkg.version)
    .alias('version', 'V')
    .alias('help', 'h')
    .demandCommand(1, 'name a command')
    .strict()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .epilogue('Exit codes: 0 done, 1 error, 2 changes present (--detailed-exitcode), 3 no backend can satisfy the spec.')
    .fail((message, error) => fail(message, error));
  for (const { command, describe, builder, load } of commands) {
    program.command(
      command,
      describe as string,
      (y: Argv) => builder(y),
      async (argv: unknown) => {
        const { run } = await load();
        await run(argv as never);
      },
    );
  }
  await program.parseAsync();
}

function fail(message: string | null, error: Error | undefined): never {
  if (error) throw error;
  process.stderr.write(`Error: ${message}\n  → see \`mayfly --help\`\n`);
  process.exit(1);
}

import yargs, { type Argv } from 'yargs';
import pkg from '../../package.json' with { type: 'json' };
import { endCodes } from '../worker/exit-code.js';
import { restoreWords, splitCommandLine } from './command-line.js';
import { reportCrashes } from './crash.js';
import { commands } from './commands/index.js';
import { common, declare, usageOf } from './declaration.js';

/** Introduces the words that help uses. */
const introduction = `Declarative temporary workers: plan, apply, and gone when their time is up.

A spec is a file that describes a worker: its engine (the worker's own first container), the containers that the engine runs commands in, the services and volumes they share, and how long the worker may live. A spec without an engine gets the Mélodium engine, which runs distributed stream-processing programs.

First steps: mayfly init, then mayfly plan mayfly.yaml and mayfly apply mayfly.yaml`;

/** Parses the command line; each command's module is loaded when it is chosen. */
export async function runProgram(args: string[]): Promise<void> {
  const completing = args[0] === '--get-yargs-completions';
  // For a shell completion, the words may be an incomplete command line: they are not split.
  const { words, userCommand } = completing ? { words: args, userCommand: [] } : splitCommandLine(args, commands);
  reportCrashes(words);
  process.stdout.on('error', onUnwritten);
  process.stderr.on('error', onUnwritten);
  const program = yargs(words)
    .scriptName('mayfly')
    .usage(`$0 <command>\n\n${introduction}`)
    .options(common)
    .version(pkg.version)
    .alias('version', 'V')
    .alias('help', 'h')
    .group(['backend', 'server', 'json', 'debug', 'help', 'version'], 'Options of every command:')
    .demandCommand(1, 'name a command')
    .strict()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .epilogue(
      `Exit codes: 0 done, 1 error, 2 changes present (--detailed-exitcode), 3 no backend can satisfy the spec. wait, run and exec return the exit code of the engine or the command (${endCodes}).`,
    )
    .fail((message, error) => {
      throw error ?? new Error(message);
    });
  for (const command of commands) {
    program.command(
      usageOf(command),
      command.describe,
      (parser: Argv) => declare(parser, command),
      async (argv) => {
        const given = restoreWords(argv, command);
        if (words.includes('')) throw new Error('an argument is empty: is a variable not set?');
        if (userCommand.length > 0 && !command.takesCommand)
          throw new Error('only run, exec, task add and functions add take a command after --');
        await command.run({ ...given, userCommand });
      },
    );
  }
  if (completing) await (await import('./completion.js')).addCompletion(program);
  try {
    await program.parseAsync();
  } catch (thrown) {
    const { reportUsage } = await import('./usage.js');
    process.exitCode = reportUsage(words, thrown as Error);
  }
}

/**
 * Handles a failed write to stdout or stderr. A reader that closed its end (`| head`) is no error: a command that passes streams on stops
 * by itself. After any other failure (a full disk) the work continues, since a worker may be half made, and the exit code becomes 1,
 * since the output is incomplete.
 */
function onUnwritten(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || unwritten) return;
  unwritten = true;
  process.stderr.write(
    `Error: standard output cannot be written: ${error.message}\n  → redirect it to another place; the command itself continues\n`,
  );
  process.once('exit', () => (process.exitCode ||= 1));
}

let unwritten = false;

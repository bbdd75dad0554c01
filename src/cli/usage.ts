import { MayflyError } from '../errors.js';
import { nearest } from '../spec/suggest.js';
import { commands } from './commands/index.js';
import { usageOf } from './declaration.js';
import { printError } from './print-error.js';

/** Reports a wrong command line. @returns the exit code */
export function reportUsage(words: readonly string[], error: Error): number {
  const { cause, remedy } = explain(words, error.message);
  return printError(new MayflyError('usage', { cause, remedy, error }), words);
}

/** Translates the parser's message into a cause and a remedy. */
function explain(words: readonly string[], message: string): { cause: string; remedy: string } {
  const names = commands.map((command) => command.name);
  const name = words.find((word) => !word.startsWith('-'));
  const chosen = commands.find((command) => command.name === name);
  const help = { remedy: chosen ? `see \`mayfly ${name} --help\`` : 'see `mayfly --help`' };
  if (name === undefined) return { cause: message, ...help };
  if (!chosen) {
    const meant = nearest(name, names);
    return { cause: `there is no command ${JSON.stringify(name)}`, remedy: meant ? `did you mean \`mayfly ${meant}\`?` : help.remedy };
  }
  if (/^Not enough non-option arguments/.test(message)) return { cause: `an argument is missing: mayfly ${usageOf(chosen)}`, ...help };
  const [, option] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  if (option) return { cause: `--${option} needs a value`, ...help };
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? [];
  if (unknown) {
    const written = words.find((word) => /^-/.test(word) && word.replace(/^-+/, '').split('=')[0] === unknown) ?? JSON.stringify(unknown);
    return { cause: `unknown argument ${written}: mayfly ${usageOf(chosen)}`, ...help };
  }
  const [, argument, given, choices] = /Argument: (.+), Given: (.+?), Choices: (.+)/.exec(message) ?? [];
  if (choices) return { cause: `--${argument} must be one of ${choices.replaceAll('"', '')}, got ${given}`, ...help };
  return { cause: message, ...help };
}

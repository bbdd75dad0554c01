import type { Argv, InferredOptionType, Options, PositionalOptions } from 'yargs';
import { backendNames } from '../runtime/backend-names.js';

type Table<T> = Readonly<Record<string, T>>;

/** A command as help shows it and the parser reads it. Data alone: every start loads all of them. */
export interface Declaration {
  name: string;
  describe: string;
  positionals?: Table<PositionalOptions>;
  options?: Table<Options>;
  /** Lines after `mayfly`, each with an explanation or ''. */
  examples?: readonly (readonly [line: string, explanation: string])[];
  /** The words after the positionals, or after `--`, are a command of the user. */
  takesCommand?: boolean;
}

type CamelCase<Key> = Key extends `${infer Head}-${infer Rest}` ? `${Head}${Capitalize<CamelCase<Rest>>}` : Key;
type Values<T> = { [Key in keyof T as CamelCase<Key>]: T[Key] extends Options | PositionalOptions ? InferredOptionType<T[Key]> : never };
type Part<D, Key extends keyof Declaration> = D extends Record<Key, infer T> ? Values<T> : unknown;

/** Options of every command. They are parsed even where a command ignores them. */
export const common = {
  backend: { type: 'string', choices: backendNames, requiresArg: true, describe: 'Use this backend only' },
  server: {
    type: 'string',
    requiresArg: true,
    describe: 'URL of a `mayfly serve` to use instead of this machine; its token is in MAYFLY_TOKEN',
  },
  json: { type: 'boolean', describe: 'Print JSON' },
  debug: { type: 'boolean', describe: 'Print stack traces' },
  color: { type: 'boolean', describe: 'Colours; --no-color or NO_COLOR switches them off', hidden: true },
} as const satisfies Table<Options>;

/** Values of the options of every command. */
export type CommonArgs = Values<typeof common>;

/** Arguments of a command, inferred from its declaration. */
export type ArgsOf<D> = CommonArgs & Part<D, 'positionals'> & Part<D, 'options'> & { userCommand: string[] };

/** The command with its positionals: `exec <worker> [container]`. */
export function usageOf({ name, positionals = {} }: Declaration): string {
  const words = Object.entries(positionals).map(([key, { array, demandOption }]) => {
    const word = array ? `${key}..` : key;
    return demandOption ? `<${word}>` : `[${word}]`;
  });
  return [name, ...words].join(' ');
}

/** Declares a command's arguments to the parser. */
export function declare(parser: Argv, { positionals = {}, options = {}, examples = [] }: Declaration): Argv {
  for (const [key, positional] of Object.entries(positionals)) parser.positional(key, positional);
  for (const [line, explanation] of examples) parser.example(`$0 ${line}`, explanation);
  // Without a group of their own, they would come after the options of every command.
  return parser.options(options).group(Object.keys(options), 'Options:');
}

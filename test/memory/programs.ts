/** What a command is given, and what it may write to. */
export interface Io {
  env: Readonly<Record<string, string>>;
  /** All of its input; `null`: it has none. */
  stdin: NodeJS.ReadableStream | null;
  out(text: string): void;
  err(text: string): void;
}

/** Runs a command. @returns its exit code; `null`: it goes on until it is ended */
export type Program = (io: Io) => number | null | Promise<number | null>;

/** Commands by their words with a space between them. */
export type Programs = Readonly<Record<string, Program>>;

/** A shell's code for a command that is not there. */
const notFound = 127;

/** `serve`: an engine that goes on. `idle`: an executor without a command. `exit 3`: ends with 3, whatever the number. */
export function programOf(programs: Programs, command: readonly string[]): Program {
  const text = command.join(' ');
  if (Object.hasOwn(programs, text)) return programs[text]!;
  if (text === 'serve' || text === 'idle') return () => null;
  const code = /^exit (\d+)$/.exec(text)?.[1];
  if (code !== undefined) return () => Number(code);
  return ({ err }) => {
    err(`${text}: not found\n`);
    return notFound;
  };
}

import { MayflyError, type Problem } from '../../errors.js';
import type { ChildResult } from './child.js';
import type { Cli } from './cli.js';
import { lastLines } from './last-lines.js';

/** What both CLIs say of an error or a warning, in their machine-readable UI. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  summary: string;
  detail?: string;
  /** Of a resource. */
  address?: string;
}

/** One line of `-json` output; `null` for what is none. */
export function parseLine(line: string): ({ type: string } & Record<string, unknown>) | null {
  try {
    const parsed = JSON.parse(line) as unknown;
    return parsed !== null && typeof parsed === 'object' && 'type' in parsed && typeof parsed.type === 'string'
      ? (parsed as { type: string })
      : null;
  } catch {
    return null;
  }
}

export function diagnosticIn(line: { type: string; diagnostic?: unknown }): Diagnostic | null {
  return line.type === 'diagnostic' ? ((line.diagnostic as Diagnostic | undefined) ?? null) : null;
}

export function problemOf({ summary, detail, address }: Diagnostic): Problem {
  const cause = [summary, detail].filter(Boolean).join(': ').replace(/\s+/g, ' ').trim();
  return { ...(address !== undefined && { place: { path: address } }), cause };
}

/** A command of the CLI that failed as a whole: its errors, else the last that it said. */
export function failed(args: readonly string[], cli: Pick<Cli, 'product' | 'replaceable'>, worker: string, said: ChildResult): MayflyError {
  const lines = said.stdout.split('\n').map((text) => ({ text, json: parseLine(text) }));
  const diagnostics = lines.flatMap(({ json }) => (json && diagnosticIn(json)) ?? []);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(problemOf);
  const rest = lines.filter(({ json }) => json === null).map(({ text }) => text);
  const last = lastLines(said.stderr.trim() || rest.join('\n'), 15);
  const silent = said.signal ? `it was ended by ${said.signal}` : 'it said nothing';
  const first = errors[0]?.cause ?? last.find((line) => line.startsWith('Error: '))?.slice('Error: '.length) ?? last.at(-1);
  // The words before the first option or file: `state pull`.
  const command = args.slice(0, args[0] === 'state' ? 2 : 1).join(' ');
  return new MayflyError('applier_failed', {
    place: { path: worker },
    cause: `\`${cli.product} ${command}\` failed: ${first ?? silent}`,
    remedy: cli.replaceable ? 'mend that, or give --applier embedded, which needs no provider' : 'mend that and run the same command again',
    ...(errors.length > 1 && { problems: errors }),
    ...(errors.length === 0 && { log: last }),
  });
}

import { MayflyError, type Problem } from '../../errors.js';
import type { ChildResult } from './child.js';
import type { Cli } from './cli.js';
import { lastLines } from './last-lines.js';

/** An error or a warning in the machine-readable output of both CLIs. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  summary: string;
  detail?: string;
  /** Address of the resource, if the diagnostic is about one. */
  address?: string;
}

/** Parses a line of `-json` output; `null` for other text. */
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

/** The error of a failed command: the CLI's own errors, or the last lines of its output. */
export function failed(
  args: readonly string[],
  cli: Pick<Cli, 'product' | 'replaceable'>,
  worker: string,
  result: ChildResult,
): MayflyError {
  const lines = result.stdout.split('\n').map((text) => ({ text, json: parseLine(text) }));
  const diagnostics = lines.flatMap(({ json }) => (json && diagnosticIn(json)) ?? []);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(problemOf);
  const rest = lines.filter(({ json }) => json === null).map(({ text }) => text);
  const last = lastLines(result.stderr.trim() || rest.join('\n'), 15);
  const silent = result.signal ? `it was killed by ${result.signal}` : 'it printed no message';
  const first = errors[0]?.cause ?? last.find((line) => line.startsWith('Error: '))?.slice('Error: '.length) ?? last.at(-1);
  // The words before the first option or file: `state pull`.
  const command = args.slice(0, args[0] === 'state' ? 2 : 1).join(' ');
  return new MayflyError('applier_failed', {
    place: { path: worker },
    cause: `\`${cli.product} ${command}\` failed: ${first ?? silent}`,
    remedy: cli.replaceable
      ? 'correct the cause, or give --applier embedded, which needs no provider'
      : 'correct the cause and run the same command again',
    ...(errors.length > 1 && { problems: errors }),
    ...(errors.length === 0 && { log: last }),
  });
}

import { stripVTControlCharacters } from 'node:util';
import { MayflyError, type Problem } from '../../errors.js';

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

export function lastLines(text: string, count: number): string[] {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^[│╷╵]\s?/, '').trimEnd());
  return lines.filter((line) => line !== '').slice(-count);
}

/** A command of the CLI that failed as a whole: its errors, else the last that it said. */
export function failed(command: string, worker: string, said: { diagnostics: readonly Diagnostic[]; text: string }): MayflyError {
  const errors = said.diagnostics.filter(({ severity }) => severity === 'error').map(problemOf);
  const lines = lastLines(said.text, 15);
  const first = errors[0]?.cause ?? lines.find((line) => line.startsWith('Error: '))?.slice('Error: '.length) ?? lines.at(-1);
  return new MayflyError('applier_failed', {
    place: { path: worker },
    cause: `\`${command}\` failed: ${first ?? 'it said nothing'}`,
    remedy: 'mend that, or leave --applier out: the embedded applier needs no provider',
    ...(errors.length > 1 && { problems: errors }),
    ...(errors.length === 0 && { log: lines }),
  });
}

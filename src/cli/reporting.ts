import { systemClock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import type { Emit } from '../events.js';
import { humanError } from '../views/error-view.js';
import { errorLines } from '../views/json-view.js';
import { jsonText } from '../views/json-text.js';
import { makeProgress } from './make-progress.js';
import { paint } from './paint.js';

/** Output of a command: results on stdout and progress on stderr, or all as JSON lines on stdout. */
export interface Reporting {
  json: boolean;
  out(text: string): void;
  note(text: string): void;
  line(value: unknown): void;
  emit: Emit;
  /** Ends live progress, so that it does not overwrite the next output. */
  settle(): void;
  /** Shows an error. `worker`: the worker that failed, where there are several. @returns the error's exit code */
  fail(thrown: unknown, worker?: string): number;
}

/** `debug` adds stack traces to errors. */
export function openReporting({ json = false, debug = false }: { json?: boolean | undefined; debug?: boolean | undefined }): Reporting {
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const line = (value: unknown) => out(jsonText(stamped(value)));
  return {
    json,
    out,
    note,
    line,
    ...makeProgress({ json, line, note, clock: systemClock }),
    fail(thrown, worker) {
      const error = toMayflyError(thrown);
      if (json) for (const one of errorLines(error)) line(worker === undefined ? one : { ...one, worker });
      else note(`${worker === undefined ? '' : `${worker}:\n`}${humanError(error, paint, debug)}`);
      return error.exitCode;
    },
  };
}

function stamped(value: unknown): unknown {
  const isLine = value !== null && typeof value === 'object' && '@message' in value;
  return isLine ? { ...value, '@module': 'mayfly.ui', '@timestamp': new Date().toISOString() } : value;
}

import type { DefaultReply, FunctionReply } from '../client/functions.js';
import { duration, moment, printable, short, table } from './format.js';

/** The revisions of functions as a table. `now` in milliseconds since the epoch. */
export function functionsTable(functions: readonly FunctionReply[], now: number): string {
  const rows = functions.map((one) => [
    ...[one.name, one.revision, one.default ? 'default' : '', workOf(one), one.container].map(printable),
    ...[duration(one.timeout), moment(Date.parse(one.created), now)],
  ]);
  return table([['FUNCTION', 'REVISION', '', 'DOES', 'CONTAINER', 'TIMEOUT', 'ADDED'], ...rows]);
}

export function defaultSentence({ name, revision, previous }: DefaultReply): string {
  return previous === null ? `${name}: ${revision} is the default.` : `${name}: ${revision} is the default, before ${previous}.`;
}

function workOf({ command, wasm }: FunctionReply): string {
  return wasm ? `wasm ${wasm.sha256.slice(0, 12)}` : short((command ?? []).join(' '));
}

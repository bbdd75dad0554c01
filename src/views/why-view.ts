import type { WhyReply } from '../client/documents.js';
import { count, cpus, dollars, duration, megabytes, moment, printable } from './format.js';

/** Why a run waits. Times in milliseconds since the epoch, resources in millicores and MB. */
export type WaitCause =
  | { code: 'reserved'; node: string; startsBy: number }
  | { code: 'not_before'; at: number }
  | { code: 'organisation_most'; kind: 'cpu' | 'memory' | 'workers'; used: number; asks: number; most: number }
  | { code: 'nodes_closed' | 'no_room' | 'no_known_end' | 'next_pass' | 'starting' | 'unanswered' | 'late_worker' | 'recovering' }
  | { code: 'budget'; least: number; left: number };

/** A change of a request with which it would start at once. */
export type Change = { kind: 'memory' | 'cpu'; less: number } | { kind: 'node'; node: string };

const plain = {
  nodes_closed: 'every node that accepts it is closed, or does not answer',
  no_room: 'no node has room for it now, and the next room is promised to other runs',
  no_known_end: 'no node has room for it, or will have some at a known time',
  next_pass: 'many runs start at once, and it is one of the next',
  starting: 'it starts now',
  recovering: 'the database was lost or restored, and some nodes have not answered yet',
  unanswered: 'the nodes have not answered yet whether they accept it',
  late_worker: 'the worker of an earlier attempt is being ended',
} as const;

/** One sentence without its full stop. `now` in milliseconds since the epoch. `at`: formats such a time. */
export function waitSentence(cause: WaitCause, now: number, at: (time: number) => string): string {
  switch (cause.code) {
    case 'reserved':
      return `it starts on ${cause.node} at ${at(cause.startsBy)} at the latest (in ${inTime(cause.startsBy, now)})`;
    case 'not_before':
      return `an attempt has failed, and the next one begins at ${at(cause.at)} (in ${inTime(cause.at, now)})`;
    case 'organisation_most':
      return `its organisation has, or is promised, ${amount(cause.kind, cause.used)} of at most ${amount(cause.kind, cause.most)}, and it asks for ${amount(cause.kind, cause.asks)}`;
    case 'budget':
      return `it may cost ${money(cause.least)}, and the budget of its organisation has ${money(cause.left)} left this month`;
    default:
      return plain[cause.code];
  }
}

export function changeSentence(change: Change): string {
  if (change.kind === 'node') return `at once on ${change.node}`;
  return change.kind === 'memory' ? `at once with ${megabytes(change.less)} less memory` : `at once with ${cpus(change.less)} less`;
}

/** The answer of a service. */
export function humanWhy(name: string, why: WhyReply, now: number): string {
  const { state, sentence, position, starts_by: startsBy, expected, waits_for: waitsFor, closed, instead } = why;
  const lines = [
    `${name} · ${state}`,
    `  ${sentence}`,
    ...(position === null ? [] : [`  position ${position} in the queue`]),
    ...(startsBy === null && expected !== null ? [`  expected to start at ${timeOf(expected, now)}, which is no promise`] : []),
    ...waitsFor
      .slice(0, mostNamed)
      .map(
        ({ run, until }) => `  waits for ${run ?? 'a worker of another organisation'}, which ends at ${timeOf(until, now)} at the latest`,
      ),
    ...closed.map(({ node, reasons }) => `  ${node} takes no run now: ${reasons.join('; ')}`),
    ...instead.map((one) => `  it would start ${one.sentence}`),
  ];
  return printable(lines.join('\n'));
}

/** The most workers that a run waits for, by name. */
const mostNamed = 3;

function timeOf(time: string, now: number): string {
  const at = Date.parse(time);
  return `${moment(at, now)} (in ${inTime(at, now)})`;
}

function inTime(at: number, now: number): string {
  return duration(Math.max(0, Math.ceil((at - now) / 1000)));
}

function amount(kind: 'cpu' | 'memory' | 'workers', value: number): string {
  if (kind === 'memory') return megabytes(value);
  return kind === 'cpu' ? cpus(value) : count(value, 'worker');
}

/** Of millionths of a US dollar. */
function money(micros: number): string {
  return dollars(Math.max(0, micros) / 1_000_000);
}

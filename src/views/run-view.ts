import type { EventReply, RunReply } from '../client/documents.js';
import { count, duration, moment, printable, short, table } from './format.js';

/** Runs as a table. `now` in milliseconds since the epoch. */
export function runsTable(runs: readonly RunReply[], now: number): string {
  const rows = runs.map((run) =>
    [
      run.id,
      run.steals_for == null ? run.name : `${run.name} (stealer)`,
      stateOf(run),
      run.node ?? '',
      age(run.created, now),
      endOf(run, now),
    ].map(printable),
  );
  return table([['RUN', 'NAME', 'STATE', 'NODE', 'CREATED', 'END'], ...rows]);
}

/** A run with its attempts, and its events if given. */
export function humanRun(run: RunReply, events: readonly EventReply[], now: number): string {
  const { id, name, node, worker, labels, attempts = [] } = run;
  const rows = [
    ['run', id],
    ['state', stateOf(run)],
    ...(node === null ? [] : [['node', node]]),
    ...(worker === null ? [] : [['worker', worker]]),
    ...(run.command ? [['command', `${run.command.argv.join(' ')} (in ${run.command.in})`]] : []),
    ...Object.entries(labels).map(([key, value]) => [`label ${key}`, value]),
    ['created', timeOf(run.created, now)],
    ...(run.starts_by == null ? [] : [['starts by', timeOf(run.starts_by, now)]]),
    ...(run.ready === null ? [] : [['ready', timeOf(run.ready, now)]]),
    ...(run.ends === null && run.completed === null ? [] : [[run.completed === null ? 'ends' : 'ended', endOf(run, now)]]),
    ...(run.exit_code === null ? [] : [['exit code', String(run.exit_code)]]),
    ...workersRows(run),
    ...(run.results == null ? [] : [['results', run.results]]),
  ];
  return [
    printable(`${name} · ${stateOf(run)}`),
    table(rows.map(([key, value]) => [`  ${key}`, printable(value!)])),
    ...(attempts.length > 0 ? [`  ${count(attempts.length, 'attempt')}:`, ...attempts.flatMap((one) => attemptLines(one, now))] : []),
    ...(events.length > 0 ? ['  events:', table(events.map((event) => eventRow(event, now)))] : []),
  ].join('\n');
}

/** Stealers of a run, or the run that a stealer works for. */
function workersRows({ workers, stealers = [], missing, steals_for: stealsFor }: RunReply): string[][] {
  const size = workers && (workers.min === workers.max ? String(workers.max) : `${workers.min} to ${workers.max}`);
  const from = workers?.aux == null ? '' : `, from the fleet ${workers.aux}`;
  return [
    ...(stealsFor == null ? [] : [['steals for', stealsFor]]),
    ...(workers ? [['workers', `${size}${from}`]] : []),
    ...stealers.map(({ run, state, node }) => ['stealer', [run, state, node === null ? '' : `on ${node}`].filter(Boolean).join(' ')]),
    ...(missing == null ? [] : [['missing', missing]]),
  ];
}

/** The state with its reason: `failed: engine exited`. */
export function stateOf({ state, reason }: Pick<RunReply, 'state' | 'reason'>): string {
  return reason === null || reason === state ? state : `${state}: ${reason.replaceAll('_', ' ')}`;
}

type AttemptReply = NonNullable<RunReply['attempts']>[number];

function attemptLines({ number, node, started, ended, error }: AttemptReply, now: number): string[] {
  const end = ended === null ? '' : ` to ${timeOf(ended, now)}`;
  const problems = error?.problems.map(({ place, cause }) => `      ${[place, cause].filter(Boolean).join(': ')}`) ?? [];
  return [`    ${number} on ${node}, ${timeOf(started, now)}${end}`, ...problems].map(printable);
}

function eventRow({ at, attempt, type, data }: EventReply, now: number): string[] {
  const details = Object.keys(data).length === 0 ? '' : short(JSON.stringify(data));
  return [`    ${timeOf(at, now)}`, attempt === 0 ? '' : `attempt ${attempt}`, printable(type), details];
}

function endOf({ ends, completed }: RunReply, now: number): string {
  if (completed !== null) return `${age(completed, now)} ago`;
  return ends === null ? '' : `in ${duration((Date.parse(ends) - now) / 1000)}`;
}

function age(time: string | null, now: number): string {
  return time === null ? '' : duration(Math.max(0, now - Date.parse(time)) / 1000);
}

function timeOf(time: string | null, now: number): string {
  return time === null ? '' : moment(Date.parse(time), now);
}

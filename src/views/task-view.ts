import type { TaskReply } from '../client/documents.js';
import { duration, moment, printable, short, table } from './format.js';
import { stateOf } from './run-view.js';

/** Tasks as a table. `now` in milliseconds since the epoch. */
export function tasksTable(tasks: readonly TaskReply[], now: number): string {
  const rows = tasks.map((task) =>
    [task.id, stateOf(task), short(workOf(task)), age(task.submitted, now), codeOf(task), task.dead ? 'dead' : ''].map(printable),
  );
  return table([['TASK', 'STATE', 'COMMAND', 'SUBMITTED', 'CODE', ''], ...rows]);
}

/** A task with the head of its output. */
export function humanTask(task: TaskReply, now: number): string {
  const { id, run, fleet, allocation, function: made, worker, attempt, most_attempts: most, failure, output, redriven } = task;
  const rows = [
    ...(run === null ? [] : [['run', run]]),
    ...(fleet === null ? [] : [['fleet', fleet]]),
    ...(allocation === null ? [] : [['allocation', allocation]]),
    ...(made === null ? [] : [['function', made]]),
    ['container', task.container],
    ...(worker === null ? [] : [['worker', worker]]),
    ['delivery', attempt === 0 ? `none yet, at most ${most}` : `${attempt} of ${most}`],
    ['submitted', timeOf(task.submitted, now)],
    ...(task.started === null ? [] : [['started', timeOf(task.started, now)]]),
    ...(task.finished === null ? [] : [['finished', timeOf(task.finished, now)]]),
    ...(task.exit_code === null ? [] : [['exit code', codeOf(task)]]),
    ...(failure === null ? [] : [['no result', failure.cause]]),
    ...(redriven === null ? [] : [['redriven as', redriven]]),
  ];
  return [
    printable(`${id} · ${stateOf(task)}${task.stopping ? ', being stopped' : ''}`),
    printable(`  ${short(workOf(task))}`),
    table(rows.map(([key, value]) => [`  ${key}`, printable(value!)])),
    ...(output === null || output.head === '' ? [] : ['  output:', ...linesOf(output.head)]),
  ].join('\n');
}

/** Lines of the output that are shown. */
const mostLines = 20;

function linesOf(head: string): string[] {
  const lines = head.replace(/\n$/, '').split('\n');
  const shown = lines.slice(0, mostLines).map((line) => `    ${printable(line)}`);
  return lines.length > mostLines ? [...shown, '    …'] : shown;
}

/** Its command, or the function that it was made of. */
function workOf({ command, function: made }: TaskReply): string {
  return command.length > 0 ? command.join(' ') : (made ?? '');
}

function codeOf({ exit_code: code }: TaskReply): string {
  return code === null ? '' : String(code);
}

function age(time: string | null, now: number): string {
  return time === null ? '' : `${duration(Math.max(0, now - Date.parse(time)) / 1000)} ago`;
}

function timeOf(time: string | null, now: number): string {
  return time === null ? '' : moment(Date.parse(time), now);
}

import type { TaskChange } from '../../tasks/delivery.js';
import { noFiles } from '../../tasks/files.js';
import { isFinal, type Task, type TaskReason, type TaskState } from '../../tasks/task.js';

/** A row of the table `tasks`, as `migrations.ts` makes it. */
export interface TaskRow {
  id: string;
  organisation: string;
  revision: number;
  run: string | null;
  fleet: string | null;
  allocation: string | null;
  state: string;
  /** 1: the state is final. */
  final: number;
  reason: string | null;
  priority: number;
  /** JSON. */
  command: string;
  function: string | null;
  container: string;
  /** JSON; `null`: it has none. */
  files: string | null;
  timeout: number;
  attempts: number;
  cpu: number;
  memory: number;
  attempt: number;
  token: string | null;
  worker: string | null;
  /** 1: true. */
  stopping: number;
  createdAt: number;
  notBefore: number | null;
  scheduledAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  exitCode: number | null;
  /** JSON. */
  failure: string | null;
  /** JSON. */
  output: string | null;
  /** 1: true. */
  dead: number;
  redriven: string | null;
  sealed: Uint8Array | null;
  bodyHash: string;
}

export function rowOfTask(
  { command, files, stopping, failure, output, dead, ...plain }: Task,
  { sealed, bodyHash }: Pick<TaskRow, 'sealed' | 'bodyHash'>,
): TaskRow {
  return {
    ...plain,
    ...{ sealed, bodyHash, final: isFinal(plain.state) ? 1 : 0, command: JSON.stringify(command) },
    files: files.in.length + files.out.length === 0 ? null : JSON.stringify(files),
    ...{ stopping: stopping ? 1 : 0, dead: dead ? 1 : 0 },
    ...{ failure: failure && JSON.stringify(failure), output: output && JSON.stringify(output) },
  };
}

export function taskOfRow(row: Omit<TaskRow, 'sealed'>): Task {
  const { final: _, bodyHash: __, state, reason, command, files, stopping, failure, output, dead, ...plain } = row;
  return {
    ...plain,
    ...{ state: state as TaskState, reason: reason as TaskReason | null, command: JSON.parse(command) as string[] },
    files: files === null ? noFiles : (JSON.parse(files) as Task['files']),
    ...{ stopping: stopping === 1, dead: dead === 1 },
    failure: failure === null ? null : (JSON.parse(failure) as Task['failure']),
    output: output === null ? null : (JSON.parse(output) as Task['output']),
  };
}

/** The columns that a change sets. */
export function rowOfTaskChange({ stopping, failure, output, dead, ...plain }: TaskChange): Partial<TaskRow> {
  return {
    ...plain,
    ...(stopping !== undefined && { stopping: stopping ? 1 : 0 }),
    ...(failure !== undefined && { failure: failure && JSON.stringify(failure) }),
    ...(output !== undefined && { output: output && JSON.stringify(output) }),
    ...(dead !== undefined && { dead: dead ? 1 : 0 }),
    ...(plain.state && { final: isFinal(plain.state) ? 1 : 0 }),
  };
}

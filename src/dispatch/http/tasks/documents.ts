import * as z from 'zod';
import { isoOrNull } from '../../iso.js';
import { formatPlace } from '../../../errors.js';
import type { TaskFiles } from '../../../tasks/files.js';
import { type Task, taskReasons, taskStates } from '../../../tasks/task.js';
import { duration } from '../../settings/fields.js';
import { problemDocument } from '../../run-fields.js';
import { containerPath, runPathDocument } from '../transfers/documents.js';
import { commandWords, text, variableName } from '../fields.js';

const time = z.iso.datetime().nullable();

const filesIn = z.array(z.strictObject({ from: runPathDocument, to: containerPath })).max(64);
const filesOut = z.array(z.strictObject({ from: containerPath, to: runPathDocument })).max(64);

export const newTaskDocument = z
  .strictObject({
    run: z.uuid().lowercase().optional().meta({ description: 'The run whose workers do it. One of this, `fleet` and `allocation`' }),
    fleet: z.string().max(31).optional().meta({ description: 'Name of the fleet whose workers do it' }),
    allocation: z.uuid().lowercase().optional().meta({ description: 'The allocation of a fleet whose resources it uses' }),
    command: commandWords(text.max(131_072)).optional().meta({ description: 'The program and its arguments. No shell reads them' }),
    function: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}(@[A-Za-z0-9][A-Za-z0-9._-]{0,62})?$/)
      .optional()
      .meta({ description: 'In place of a command: a function, `resize`, or a revision of it, `resize@v1`' }),
    container: z.string().max(63).optional().meta({ description: 'Default: `engine`, or that of the allocation' }),
    files_in: filesIn.optional().meta({ description: 'Files of other runs that are copied into its container before the command begins' }),
    files_out: filesOut.optional().meta({ description: 'Files of its container that are copied to other runs after an exit with 0' }),
    input: z.string().max(1_000_000).optional().meta({ description: 'Standard input. Default: empty' }),
    env: z
      .record(variableName, text)
      .default({})
      .meta({ description: 'Variables. No answer shows them. The task also gets MAYFLY_TASK_ID and MAYFLY_TASK_ATTEMPT' }),
    timeout: duration({ least: '1s' })
      .optional()
      .meta({ description: 'The longest time of the command, such as `10m`, or seconds. Default: that of the function' }),
    attempts: z.int().min(1).max(100).default(3).meta({ description: 'The most deliveries to workers' }),
    priority: z.int().min(1).max(1000).default(500).meta({ description: 'Higher first' }),
    cpu: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Millicores of the container. Default: all of it, or of the allocation, so that one task runs at a time' }),
    memory: z.int().min(1).optional().meta({ description: 'MB of the container. Default: all, as `cpu`' }),
  })
  .refine((one) => (one.command === undefined) !== (one.function === undefined), 'must have either command or function')
  .refine((one) => one.function !== undefined || one.timeout !== undefined, { path: ['timeout'], error: 'is required' })
  .meta({ id: 'NewTask' });

export const taskDocument = z
  .object({
    id: z.uuid(),
    run: z.uuid().nullable().meta({ description: 'null: a task of a fleet' }),
    fleet: z.uuid().nullable().meta({ description: 'The id of the fleet; null: a task of a run' }),
    allocation: z.uuid().nullable().meta({ description: 'The allocation whose resources it uses' }),
    state: z.enum(taskStates),
    reason: z.enum(taskReasons).nullable(),
    command: z.array(z.string()),
    function: z.string().nullable().meta({ description: 'The revision of a function that it was made of' }),
    container: z.string(),
    files_in: filesIn,
    files_out: filesOut,
    timeout: z.number().meta({ description: 'Seconds' }),
    priority: z.int(),
    cpu: z.int().meta({ description: 'Millicores' }),
    memory: z.int().meta({ description: 'MB' }),
    attempt: z.int().meta({ description: 'Number of the current delivery, or of the last one' }),
    most_attempts: z.int(),
    worker: z.string().nullable(),
    stopping: z.boolean(),
    submitted: time,
    not_before: time,
    scheduled: time,
    started: time,
    finished: time,
    exit_code: z.int().nullable(),
    failure: problemDocument.nullable().meta({ description: 'Why the last delivery had no result' }),
    output: z
      .object({
        head: z.string(),
        bytes: z.int(),
        cut: z.boolean(),
        removed: z.boolean().meta({ description: 'Only the head is left: newer outputs of the organisation needed the space' }),
      })
      .nullable()
      .meta({ description: 'The first 4 KB. GET /v1/tasks/ID/output has all of it' }),
    dead: z.boolean().meta({ description: 'Its deliveries are used up without a result' }),
    redriven: z.uuid().nullable().meta({ description: 'The task that was made of it' }),
  })
  .meta({ id: 'Task' });

/** The files of a request. */
export function filesOf({ files_in = [], files_out = [] }: Pick<z.infer<typeof newTaskDocument>, 'files_in' | 'files_out'>): TaskFiles {
  return { in: files_in, out: files_out };
}

/** @param removed whether its output is not stored any more */
export function toTaskDocument(task: Task, removed: boolean): z.infer<typeof taskDocument> {
  const {
    id,
    run,
    fleet,
    allocation,
    state,
    reason,
    command,
    container,
    timeout,
    priority,
    cpu,
    memory,
    attempt,
    attempts,
    worker,
    stopping,
  } = task;
  const { exitCode, failure, output, dead, redriven, function: made } = task;
  return {
    ...{
      id,
      run,
      fleet,
      allocation,
      state,
      reason,
      command: [...command],
      function: made,
      container,
      timeout: timeout / 1000,
      priority,
      cpu,
      memory,
    },
    ...{ attempt, most_attempts: attempts, worker, stopping },
    ...{ files_in: [...task.files.in], files_out: [...task.files.out] },
    submitted: isoOrNull(task.createdAt),
    not_before: isoOrNull(task.notBefore),
    scheduled: isoOrNull(task.scheduledAt),
    started: isoOrNull(task.startedAt),
    finished: isoOrNull(task.finishedAt),
    exit_code: exitCode,
    failure: failure && toProblem(failure),
    output: output && { ...output, removed },
    ...{ dead, redriven },
  };
}

function toProblem({ place, cause, remedy }: NonNullable<Task['failure']>): z.infer<typeof problemDocument> {
  const at = formatPlace(place);
  return { ...(at && { place: at }), cause, ...(remedy !== undefined && { remedy }) };
}

/** The queue of a run in numbers. */
export const taskQueueDocument = z
  .object({
    run: z.uuid(),
    tasks: z.record(z.enum(taskStates), z.int()).meta({ description: 'Numbers of tasks, by state' }),
    oldest_wait: z.number().nullable().meta({ description: 'Seconds that the oldest pending task has waited' }),
    wait: z.number().nullable().meta({ description: 'Mean seconds from the submission to the begin of the command' }),
    time: z.number().nullable().meta({ description: 'Mean seconds from the begin of the command to its end' }),
    workers: z.array(
      z.object({
        worker: z.string(),
        tasks: z.record(z.enum(taskStates), z.int()).meta({ description: 'Numbers of tasks whose last delivery it has, by state' }),
        set_aside: z.string().nullable().meta({ description: 'Why it takes no more tasks' }),
      }),
    ),
  })
  .meta({ id: 'TaskQueue' });

export type TaskQueueReply = z.infer<typeof taskQueueDocument>;

import * as z from 'zod';
import { isoOrNull } from '../iso.js';
import { formatPlace, type MayflyError } from '../../errors.js';
import { describeEnd, endReasons } from '../../events.js';
import type { HistoryEntry } from '../../state/history-entry.js';
import { toDollars } from '../money.js';
import { type Attempt, type Run, runReasons, runStates } from '../run.js';
import { resultsStates } from '../results/states.js';
import { duration } from '../settings/fields.js';
import { labels, problemDocument, programFields } from '../run-fields.js';
import { runOfWorker } from '../worker-name.js';
import { commandDocument, resultsMode } from './command.js';

// The JSON of requests and answers. Times are ISO 8601 in UTC. The OpenAPI document is made from these schemas.

const time = z.iso.datetime().nullable();

export const label = z
  .string()
  .regex(/^[^=]+=/, 'must be KEY=VALUE')
  .meta({ description: 'KEY=VALUE: only runs with this label' })
  .transform((text) => {
    const [key = '', ...value] = text.split('=');
    return { [key]: value.join('=') };
  });

export const errorDocument = z
  .object({ error: z.object({ code: z.string(), message: z.string(), problems: z.array(problemDocument) }) })
  .meta({ id: 'Error' });

const endDocument = z
  .object({
    reason: z.enum(endReasons),
    why: z.string(),
    at: z.iso.datetime(),
    containers: z.array(
      z.object({ container: z.string(), status: z.string(), exit_code: z.int().nullable(), last_lines: z.array(z.string()) }),
    ),
  })
  .meta({ id: 'End', description: "The end of an attempt's worker" });

export const attemptDocument = z
  .object({
    number: z.int(),
    node: z.string(),
    started: time,
    ready: time,
    ended: time,
    error: z.object({ code: z.string(), problems: z.array(problemDocument) }).nullable(),
    end: endDocument.nullable(),
    cost_usd: z.number().meta({ description: 'While it lives: the most that it may cost' }),
  })
  .meta({ id: 'Attempt' });

export const runDocument = z
  .object({
    id: z.uuid(),
    name: z.string(),
    organisation: z.string(),
    state: z.enum(runStates),
    reason: z.enum(runReasons).nullable(),
    node: z.string().nullable(),
    worker: z.string().nullable(),
    priority: z.int(),
    starts_by: time.meta({ description: 'The promised start: it begins then or earlier. null: no start is promised' }),
    labels: z.record(z.string(), z.string()),
    attempt: z.int(),
    most_attempts: z.int(),
    created: time,
    last_try: time,
    ready: time,
    ends: time,
    completed: time,
    exit_code: z.int().nullable(),
    steals_for: z.uuid().nullable().meta({ description: 'The run whose tasks its worker takes as a stealer' }),
    results: z.enum(resultsStates).nullable().meta({ description: 'The state of the results of its command; null: none were collected' }),
  })
  .meta({ id: 'Run' });

/** How many workers do the tasks of a run. */
export const workersDocument = z
  .strictObject({
    min: z.int().min(1).max(1000).default(1),
    max: z.int().min(1).max(1000),
    aux: z
      .string()
      .max(31)
      .nullable()
      .default(null)
      .meta({ description: 'The fleet that lends stealers; null: they are made from the spec' }),
  })
  .meta({ description: 'Workers that do the tasks of the run: the primary, and stealers while more tasks wait than the workers can take' });

export const newRunDocument = z
  .strictObject({
    // Passed on as it arrived: its own checks find keys that a schema would drop.
    spec: z.unknown().meta({ type: 'object', description: 'A spec as in a file, or a worker request' }),
    command: commandDocument.optional().meta({ description: 'Runs in the ready worker. The run ends with it' }),
    results: resultsMode,
    retain: z.unknown().optional().meta({ description: 'Replaces the spec\'s `retain`, such as {"failure": "10m"}' }),
    max_wait: duration({ least: '1s' })
      .optional()
      .meta({ description: 'After this time, such as `10m`, a node that costs money may be used. Needs the `max_cost` of the spec' }),
    workers: workersDocument.optional(),
    priority: z.int().min(1).max(1000).default(500).meta({ description: 'Higher first' }),
    labels: labels.default({}),
    ...programFields,
    attempts: z.int().min(1).max(999).optional().meta({ description: 'The most attempts to make its worker' }),
  })
  .meta({ id: 'NewRun' });

export function toRunDocument(run: Run): z.infer<typeof runDocument> {
  const { id, name, organisation, state, reason, node, worker, priority, labels: free, attempt, exitCode } = run;
  return {
    ...{ id, name, organisation, state, reason, node, worker, priority, labels: { ...free }, attempt, most_attempts: run.attempts },
    starts_by: isoOrNull(run.promise?.startsBy ?? null),
    created: isoOrNull(run.createdAt),
    last_try: isoOrNull(run.lastTryAt),
    ready: isoOrNull(run.readyAt),
    ends: isoOrNull(run.ends),
    completed: isoOrNull(run.completedAt),
    exit_code: exitCode ?? run.commandEnd?.exitCode ?? null,
    steals_for: run.primary === null ? null : runOfWorker(run.primary)!.run,
    results: run.results?.state ?? null,
  };
}

export function toAttemptDocument({
  number,
  node,
  startedAt,
  readyAt,
  endedAt,
  error,
  end,
  cost,
}: Attempt): z.infer<typeof attemptDocument> {
  return {
    ...{ number, node, started: isoOrNull(startedAt), ready: isoOrNull(readyAt), ended: isoOrNull(endedAt) },
    error: error && { code: error.code, problems: error.problems.map(toProblemDocument) },
    end: end && toEndDocument(end),
    cost_usd: toDollars(cost),
  };
}

function toEndDocument(end: HistoryEntry): z.infer<typeof endDocument> {
  return {
    ...{ reason: end.reason, why: describeEnd(end), at: new Date(end.endedAt).toISOString() },
    containers: end.containers.map(({ container, status, exitCode, lastLines }) => ({
      ...{ container, status, exit_code: exitCode, last_lines: [...lastLines] },
    })),
  };
}

export function toErrorDocument({ code, message, problems }: MayflyError): z.infer<typeof errorDocument> {
  return { error: { code, message, problems: problems.map(toProblemDocument) } };
}

function toProblemDocument({ place, cause, remedy }: MayflyError['problems'][number]): z.infer<typeof problemDocument> {
  const at = formatPlace(place);
  return { ...(at && { place: at }), cause, ...(remedy !== undefined && { remedy }) };
}

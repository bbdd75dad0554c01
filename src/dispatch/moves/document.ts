import { iso, isoOrNull } from '../iso.js';
import * as z from 'zod';
import { formatPlace } from '../../errors.js';
import { labels, problemDocument, programFields } from '../run-fields.js';
import type { Attempt, Run } from '../run.js';
import type { NewAttempt, PastEvent } from '../store/store.js';
import { mostAttempts } from '../worker-name.js';

// A run on its way from one installation to another. It comes from outside at the import, so each field is limited. Times are ISO 8601.

const time = z.iso.datetime();
const text = z.string().max(2000);
const count = z
  .int()
  .min(0)
  .max(2 ** 31);
const amount = z
  .number()
  .min(0)
  .max(2 ** 40);

const micros = z.int().min(0);

const attempt = z.strictObject({
  number: z.int().min(1).max(mostAttempts),
  node: text,
  started: time,
  ready: time.nullable(),
  ended: time.nullable(),
  price: micros.meta({ description: 'Millionths of a US dollar an hour' }),
  cost: micros.meta({ description: 'Millionths of a US dollar' }),
  error: z.strictObject({ code: text, problems: z.array(problemDocument).max(1000) }).nullable(),
});

const event = z.strictObject({
  attempt: z.int().min(0).max(mostAttempts),
  at: time,
  type: text,
  data: z.record(z.string(), z.unknown()),
});

export const movedRunDocument = z
  .strictObject({
    version: z.literal(1),
    from: z.uuid().meta({ description: 'The installation that has exported it' }),
    to: z.uuid().meta({ description: 'The only installation that imports it' }),
    id: z.uuid().lowercase(),
    revision: count,
    name: text,
    asks: z.strictObject({ cpu: amount, memory: amount, storage: amount }),
    priority: z.int().min(1).max(1000),
    labels,
    ...programFields,
    request_id: z.string().max(16_384).nullable().default(null),
    most_attempts: z.int().min(1).max(mostAttempts),
    tries: count,
    reached: count,
    avoid: text.nullable(),
    attempt: z.int().min(0).max(mostAttempts),
    created: time,
    last_try: time.nullable(),
    not_before: time.nullable(),
    max_wait: amount.nullable().meta({ description: 'Seconds after `created`' }),
    worker: z
      .strictObject({
        installation: z.uuid().meta({ description: 'Its label `dev.mayfly.dispatcher`' }),
        node: text,
        until: z
          .int()
          .min(0)
          .max(2 ** 40)
          .nullable(),
        ready: time.nullable(),
      })
      .nullable()
      .meta({ description: 'The living worker; null: the run waits' }),
    attempts: z.array(attempt).max(1000).meta({ description: 'The newest ones, the oldest first' }),
    events: z.array(event).max(1000).meta({ description: 'The newest ones, the oldest first' }),
  })
  .meta({ id: 'MovedRun', description: 'A run without its spec and its secrets' });

export type MovedRun = z.infer<typeof movedRunDocument>;

/** Characters of JSON for each of the two lists: a document with its spec must fit into a request. */
const mostHistory = 200_000;

export interface History {
  attempts: readonly Attempt[];
  events: readonly PastEvent[];
}

/** @param run in state `moved` */
export function toMovedRun(run: Run, { attempts, events }: History, installation: string): MovedRun {
  const { id, revision, name, asks, priority, program, requestId, tries, reached, avoid, node, until, maker } = run;
  return {
    ...{ version: 1, from: installation, to: run.movedTo!, id, revision, name, asks, priority, labels: { ...run.labels } },
    ...{ program: program.name, params: { ...program.params }, args: [...program.args], request_id: requestId },
    ...{ most_attempts: run.attempts, tries, reached, avoid, attempt: run.attempt },
    ...{ created: iso(run.createdAt), last_try: isoOrNull(run.lastTryAt), not_before: isoOrNull(run.notBefore) },
    max_wait: run.maxWait === null ? null : run.maxWait / 1000,
    worker: node === null ? null : { installation: maker ?? installation, node, until, ready: isoOrNull(run.readyAt) },
    attempts: newestWithin(mostHistory, attempts.map(toAttempt)),
    events: newestWithin(
      mostHistory,
      events.map(({ attempt: of, at, type, data }) => ({ attempt: of, at: iso(at), type, data: { ...data } })),
    ),
  };
}

/** The attempt that goes on, with the money that it reserves. */
export interface Current {
  number: number;
  price: number;
  cost: number;
}

/** The history of a document, for the store. `current`: `null`: no attempt goes on. */
export function historyIn({ attempts, events }: MovedRun, current: Current | null): { attempts: NewAttempt[]; events: PastEvent[] } {
  return {
    attempts: attempts.map((one) => ({
      ...{ number: one.number, node: one.node, startedAt: ms(one.started), readyAt: msOrNull(one.ready) },
      ...(one.number === current?.number
        ? { ...current, endedAt: null }
        : { endedAt: msOrNull(one.ended), price: one.price, cost: one.cost }),
      error: one.error && { code: one.error.code, problems: one.error.problems.map(toProblem) },
      // A run whose worker has ended by itself is ending, and then final: no export has it.
      end: null,
    })),
    events: events.map(({ attempt: of, at, type, data }) => ({ attempt: of, at: ms(at), type, data })),
  };
}

type AttemptDocument = z.infer<typeof attempt>;

function toAttempt({ number, node, startedAt, readyAt, endedAt, price, cost, error }: Attempt): AttemptDocument {
  return {
    ...{ number, node, started: iso(startedAt), ready: isoOrNull(readyAt), ended: isoOrNull(endedAt), price, cost },
    error: error && {
      code: error.code,
      problems: error.problems.map(({ place, cause, remedy }) => {
        const at = formatPlace(place);
        return { ...(at && { place: at }), cause, ...(remedy !== undefined && { remedy }) };
      }),
    },
  };
}

function toProblem({ place, cause, remedy }: z.infer<typeof problemDocument>) {
  return { cause, ...(place !== undefined && { place: { path: place } }), ...(remedy !== undefined && { remedy }) };
}

/** The last items that have so many characters as JSON together. */
function newestWithin<T>(most: number, items: readonly T[]): T[] {
  let left = most;
  const first = items.findLastIndex((item) => (left -= JSON.stringify(item).length) < 0);
  return items.slice(first + 1);
}

function ms(text: string): number {
  return Date.parse(text);
}

export function msOrNull(text: string | null): number | null {
  return text === null ? null : ms(text);
}

import { iso } from '../iso.js';
import * as z from 'zod';
import { changeSentence, type WaitCause, waitSentence } from '../../views/why-view.js';
import type { Run } from '../run.js';
import type { Why } from '../schedule/why.js';

const time = z.iso.datetime().nullable();

const causes = z.discriminatedUnion('code', [
  z.object({ code: z.literal('reserved'), node: z.string(), starts_by: z.iso.datetime() }),
  z.object({ code: z.literal('not_before'), at: z.iso.datetime() }),
  z.object({
    ...{ code: z.literal('organisation_most'), kind: z.enum(['cpu', 'memory', 'workers']) },
    ...{ used: z.number(), asks: z.number(), most: z.number() },
  }),
  z.object({ code: z.literal('budget'), least_usd: z.number(), left_usd: z.number() }),
  z.object({
    code: z.enum(['nodes_closed', 'no_room', 'no_known_end', 'next_pass', 'starting', 'unanswered', 'late_worker', 'recovering']),
  }),
]);

export const whyDocument = z
  .object({
    id: z.uuid(),
    state: z.string(),
    cause: causes.nullable().meta({ description: 'null: it does not wait for a node' }),
    sentence: z.string(),
    position: z.int().nullable().meta({ description: 'From 1: among all that wait, in the order in which they are decided' }),
    starts_by: time.meta({ description: 'The promised start' }),
    expected: time.meta({ description: 'When it would start if all workers lived as long as they may. It is no promise' }),
    waits_for: z
      .array(z.object({ run: z.string().nullable(), until: z.iso.datetime() }))
      .meta({ description: "Workers that must end before its promised start, the last one first. `run`: null: another organisation's" }),
    promised: z
      .array(z.object({ run: z.string().nullable(), node: z.string(), starts_by: z.iso.datetime() }))
      .meta({ description: 'Promises of other runs that it may not delay' }),
    closed: z
      .array(z.object({ node: z.string(), reasons: z.array(z.string()) }))
      .meta({ description: 'Nodes that accept it and take no run now' }),
    instead: z
      .array(
        z.object({
          change: z.union([
            z.object({ kind: z.enum(['memory', 'cpu']), less: z.number().meta({ description: 'MB or millicores' }) }),
            z.object({ kind: z.literal('node'), node: z.string() }),
          ]),
          sentence: z.string(),
        }),
      )
      .meta({ description: 'Changes of the request with which it would start at once' }),
  })
  .meta({ id: 'Why' });

export interface WhyParts {
  cause: WaitCause | null;
  why: Why | null;
  now: number;
  closed: { node: string; reasons: string[] }[];
  /** Whether the run's id may be in the answer. */
  mayName(run: string): boolean;
}

export function toWhyDocument({ id, state, promise }: Run, { cause, why, now, closed, mayName }: WhyParts): z.infer<typeof whyDocument> {
  return {
    ...{ id, state, cause: cause && toCause(cause), closed },
    sentence: cause ? waitSentence(cause, now, iso) : `the run is ${state}, and does not wait for a node`,
    position: why?.position ?? null,
    starts_by: promise && iso(promise.startsBy),
    expected: why?.expected == null ? null : iso(why.expected),
    waits_for: (why?.blockers ?? []).map(({ id: run, until }) => ({ run: mayName(run) ? run : null, until: iso(until) })),
    promised: (why?.promised ?? []).map(({ run, node, startsBy }) => ({ run: mayName(run) ? run : null, node, starts_by: iso(startsBy) })),
    instead: (why?.counterfactuals ?? []).map(({ change }) => ({ change: { ...change }, sentence: changeSentence(change) })),
  };
}

function toCause(cause: WaitCause): z.infer<typeof causes> {
  switch (cause.code) {
    case 'reserved':
      return { code: cause.code, node: cause.node, starts_by: iso(cause.startsBy) };
    case 'not_before':
      return { code: cause.code, at: iso(cause.at) };
    case 'budget':
      return { code: cause.code, least_usd: cause.least / 1_000_000, left_usd: cause.left / 1_000_000 };
    default:
      return { ...cause };
  }
}

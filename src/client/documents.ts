import * as z from 'zod';

// The parts of the service's answers that this client reads. Further fields stay, and words of a newer service are accepted: `--json`
// prints answers as they came.

const text = z.string();
const time = z.iso.datetime({ offset: true }).nullable();

const problem = z.object({ place: text.optional(), cause: text, remedy: text.optional() });

export const errorReply = z.looseObject({ error: z.looseObject({ code: text, message: text, problems: z.array(problem) }) });

const attempt = z.looseObject({
  number: z.number(),
  node: text,
  started: time,
  ready: time,
  ended: time,
  error: z.object({ code: text, problems: z.array(problem) }).nullable(),
  end: z.looseObject({ why: text, at: text }).nullable().optional(),
});

export const runReply = z.looseObject({
  id: text,
  name: text,
  state: text,
  reason: text.nullable(),
  node: text.nullable(),
  worker: text.nullable(),
  labels: z.record(text, text),
  attempt: z.number(),
  created: time,
  starts_by: time.optional(),
  last_try: time,
  ready: time,
  ends: time,
  completed: time,
  exit_code: z.number().nullable(),
  results: text.nullable().optional(),
  command: z
    .looseObject({ argv: z.array(text), in: text })
    .nullable()
    .optional(),
  attempts: z.array(attempt).optional(),
  workers: z.looseObject({ min: z.number(), max: z.number(), aux: text.nullable() }).nullable().optional(),
  stealers: z.array(z.looseObject({ run: text, state: text, node: text.nullable() })).optional(),
  missing: text.nullable().optional(),
  steals_for: text.nullable().optional(),
  live: z.looseObject({ status: text, why: text.nullable() }).nullable().optional(),
});
export type RunReply = z.infer<typeof runReply>;

export const runsReply = z.looseObject({ runs: z.array(runReply), next: text.nullable() });

const event = z.looseObject({ sequence: z.number(), attempt: z.number(), at: text, type: text, data: z.record(text, z.unknown()) });
export type EventReply = z.infer<typeof event>;
export const eventsReply = z.looseObject({ events: z.array(event) });

const amount = z.number().nullable();
const resources = z.looseObject({ cpu: amount, memory: amount, storage: amount });

export const nodeReply = z.looseObject({
  name: text,
  kind: text,
  state: text,
  cordon: text,
  drain_by: time.optional(),
  closed: z.array(text),
  free: resources,
  running: z.looseObject({ count: z.number() }),
  queued: z.looseObject({ count: z.number() }),
  empty_by: time,
});
export type NodeReply = z.infer<typeof nodeReply>;
export const nodesReply = z.looseObject({ nodes: z.array(nodeReply) });

export const whyReply = z.looseObject({
  state: text,
  sentence: text,
  position: z.number().nullable(),
  starts_by: time,
  expected: time,
  waits_for: z.array(z.looseObject({ run: text.nullable(), until: z.iso.datetime({ offset: true }) })),
  closed: z.array(z.looseObject({ node: text, reasons: z.array(text) })),
  instead: z.array(z.looseObject({ sentence: text })),
});
export type WhyReply = z.infer<typeof whyReply>;

export const taskReply = z.looseObject({
  id: text,
  run: text.nullable(),
  fleet: text.nullable().default(null),
  allocation: text.nullable().default(null),
  state: text,
  reason: text.nullable(),
  command: z.array(text),
  function: text.nullable().default(null),
  container: text,
  attempt: z.number(),
  most_attempts: z.number(),
  worker: text.nullable(),
  stopping: z.boolean(),
  submitted: time,
  started: time,
  finished: time,
  exit_code: z.number().nullable(),
  failure: problem.nullable(),
  output: z.looseObject({ head: text, bytes: z.number(), cut: z.boolean() }).nullable(),
  dead: z.boolean(),
  redriven: text.nullable(),
});
export type TaskReply = z.infer<typeof taskReply>;
export const tasksReply = z.looseObject({ tasks: z.array(taskReply), next: text.nullable() });

/** Values of a worker's outputs, by name. */
export const accessReply = z.record(text, z.json());

/** States after which a run does not change. */
const finalStates: readonly string[] = ['completed', 'failed', 'cancelled', 'moved'];

export function isFinal({ state }: Pick<RunReply, 'state'>): boolean {
  return finalStates.includes(state);
}

/** States before a final one, for the filter of runs. */
export const livingStates = 'offered,queued,placed,provisioning,running,ending';

const sentences = z.array(text);
const offerReply = z.looseObject({
  node: text,
  accepted: z.boolean().nullable(),
  free_now: z.boolean(),
  ...{ reasons: sentences, closed: sentences, unenforced: sentences, rounded: sentences, warnings: sentences },
});
export type OfferReply = z.infer<typeof offerReply>;
export const offersReply = z.looseObject({ offers: z.array(offerReply) });

export const fleetReply = z.looseObject({
  name: text,
  state: text,
  min: z.number(),
  max: z.number(),
  idle: z.number(),
  aux: z.number().optional(),
  refused: text.nullable(),
  workers: z.array(
    z.looseObject({
      ...{ run: text, state: text, node: text.nullable(), worker: text.nullable(), ready: time, ends: time },
      lent_to: text.nullable().optional(),
    }),
  ),
});
export type FleetReply = z.infer<typeof fleetReply>;
export const fleetsReply = z.looseObject({ fleets: z.array(fleetReply) });

const amounts = z.looseObject({ cpu: z.number(), memory: z.number() });

export const allocationReply = z.looseObject({
  ...{ id: text, fleet: text, state: text, reason: text.nullable(), waits_because: text.nullable(), container: text },
  ...{ min: amounts, max: amounts, granted: amounts.nullable(), worker: text.nullable(), labels: z.record(text, text) },
  ...{ interval: z.number(), renew_by: text, expires: time, ended: time },
});
export type AllocationReply = z.infer<typeof allocationReply>;
export const allocationsReply = z.looseObject({ allocations: z.array(allocationReply) });

const fleetEvent = z.looseObject({ sequence: z.number(), at: text, type: text, data: z.record(text, z.unknown()) });
export type FleetEventReply = z.infer<typeof fleetEvent>;
export const fleetEventsReply = z.looseObject({ events: z.array(fleetEvent) });

export const fleetAccessReply = z.looseObject({
  workers: z.array(z.looseObject({ run: text, node: text, worker: text, outputs: z.record(text, z.unknown()) })),
});
export type FleetAccessReply = z.infer<typeof fleetAccessReply>;

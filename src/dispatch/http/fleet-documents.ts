import * as z from 'zod';
import { iso, isoOrNull } from '../iso.js';
import type { Allocation } from '../../tasks/allocations/allocation.js';
import { type Fleet, type FleetEvent, fleetStates } from '../../tasks/fleets/fleet.js';
import { type Run, runStates } from '../run.js';
import { duration } from '../settings/fields.js';
import { runOfWorker } from '../worker-name.js';
import { heldDocument, toHeldDocuments } from './allocation-documents.js';
import { labels } from '../run-fields.js';

// The JSON of fleets. Times are ISO 8601 in UTC, lengths in seconds.

const size = z.int().min(0).max(1000);
const aux = size.meta({ description: 'The most of its workers that runs borrow as stealers at the same time' });
const idle = duration({ least: '1s' }).meta({ description: 'A worker without work is ended after this time, such as `5m`' });
const priority = z.int().min(1).max(1000).meta({ description: 'Of its runs. Higher first' });
const nodes = labels.meta({ description: 'Its workers are placed only on nodes with all of these labels' });

export const newFleetDocument = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be lower-case letters, digits and -, at most 31, and begin with a letter'),
    // Passed on as it arrived: its own checks find keys that a schema would drop.
    spec: z.unknown().meta({ type: 'object', description: 'Of each worker: a spec as in a file, or a worker request' }),
    min: size,
    max: size.min(1),
    idle: idle.default(300_000),
    aux: aux.optional(),
    nodes: nodes.default({}),
    labels: labels.default({}),
    priority: priority.default(500),
  })
  .meta({ id: 'NewFleet' });

export const fleetChangeDocument = z
  .strictObject({
    min: size.optional(),
    max: size.min(1).optional(),
    idle: idle.optional(),
    aux: aux.optional(),
    nodes: nodes.optional(),
    labels: labels.optional(),
    priority: priority.optional(),
  })
  .meta({ id: 'FleetChange' });

const workerDocument = z.object({
  run: z.uuid(),
  state: z.enum(runStates),
  node: z.string().nullable(),
  worker: z.string().nullable(),
  ready: z.iso.datetime().nullable(),
  ends: z.iso.datetime().nullable(),
  lent_to: z.uuid().nullable().meta({ description: 'The run that has borrowed it' }),
  allocations: z.array(heldDocument).meta({ description: 'Allocations that have resources of it' }),
});

export const fleetDocument = z
  .object({
    id: z.uuid(),
    name: z.string(),
    organisation: z.string(),
    state: z.enum(fleetStates),
    min: z.int(),
    max: z.int(),
    idle: z.number(),
    aux: z.int(),
    nodes: z.record(z.string(), z.string()),
    labels: z.record(z.string(), z.string()),
    priority: z.int(),
    created: z.iso.datetime(),
    refused: z.string().nullable().meta({ description: 'Why it has fewer workers than it needs' }),
    workers: z.array(workerDocument).meta({ description: 'The oldest first' }),
  })
  .meta({ id: 'Fleet' });

export const fleetEventDocument = z
  .object({
    sequence: z.int(),
    at: z.iso.datetime(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'FleetEvent' });

export const fleetAccessDocument = z
  .object({
    workers: z.array(
      workerDocument.pick({ run: true, node: true, worker: true, ends: true }).extend({ outputs: z.record(z.string(), z.unknown()) }),
    ),
  })
  .meta({ id: 'FleetAccess' });

/** @param runs its workers. `refused`: see `Fleets`. `onWorker`: the allocations that have resources of a worker */
export function toFleetDocument(
  fleet: Fleet,
  { runs, refused, onWorker }: { runs: readonly Run[]; refused: string | null; onWorker(worker: string | null): Allocation[] },
): z.infer<typeof fleetDocument> {
  const { id, name, organisation, state, min, max, idle: ms, aux: lends, nodes: on, labels: free, priority: of, createdAt } = fleet;
  return {
    ...{ id, name, organisation, state, min, max, idle: ms / 1000, aux: lends, nodes: { ...on }, labels: { ...free }, priority: of },
    ...{ created: iso(createdAt), refused, workers: runs.map((run) => toWorkerDocument(run, onWorker(run.worker))) },
  };
}

/** @param allocations those that have resources of the worker */
function toWorkerDocument(run: Run, allocations: readonly Allocation[]): z.infer<typeof workerDocument> {
  const { id, state, node, worker, readyAt, ends, primary } = run;
  const lentTo = primary === null ? null : runOfWorker(primary)!.run;
  return {
    ...{ run: id, state, node, worker, ready: isoOrNull(readyAt), ends: isoOrNull(ends), lent_to: lentTo },
    allocations: toHeldDocuments(allocations),
  };
}

export function toFleetEventDocument({ sequence, at, type, data }: FleetEvent): z.infer<typeof fleetEventDocument> {
  return { sequence, at: iso(at), type, data: { ...data } };
}

import * as z from 'zod';
import { dollars } from '../../spec/units.js';
import { toDollars } from '../money.js';
import type { NodeLook } from '../nodes/node-watch.js';
import type { Allocation } from '../../tasks/allocations/allocation.js';
import { type Attempt, type Run, runStates } from '../run.js';
import type { Held } from '../schedule/affordable.js';
import { summarise, type WorkerStatus } from '../../worker/list.js';
import { heldDocument, toHeldDocuments } from './allocation-documents.js';
import { commandShown } from './command.js';
import { programFields } from '../run-fields.js';
import { attemptDocument, runDocument, toAttemptDocument, toRunDocument, workersDocument } from './documents.js';

const statuses = ['creating', 'ready', 'degraded', 'retained', 'ending'] as const satisfies readonly WorkerStatus[];

/** The worker as the node's last look has it. */
const workerDocument = z
  .object({
    status: z.enum(statuses),
    why: z.string().nullable(),
    ends: z.iso.datetime(),
    seen: z.iso.datetime(),
    containers: z.array(z.object({ container: z.string(), status: z.string(), exit_code: z.int().nullable() })),
  })
  .meta({ id: 'Worker' });

const stealerDocument = z
  .object({ run: z.uuid(), state: z.enum(runStates), node: z.string().nullable(), worker: z.string().nullable() })
  .meta({ id: 'Stealer' });

/** One run, with everything that the service has about it. */
export const runDetails = runDocument
  .extend({
    ...programFields,
    command: commandShown.nullable(),
    spec: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Without its secrets; null: it was lost with the database' }),
    workers: workersDocument.nullable().meta({ description: 'How many workers do its tasks; null: the one of its attempt' }),
    stealers: z.array(stealerDocument).meta({ description: 'Living workers that take its tasks beside its own' }),
    missing: z.string().nullable().meta({ description: 'Why it has fewer stealers than it needs' }),
    asks: z.object({ cpu: z.number(), memory: z.number(), storage: z.number() }),
    attempts: z.array(attemptDocument).meta({ description: 'The oldest first, each with its error' }),
    held: z.string().nullable().meta({ description: "Why its organisation's budget holds it back" }),
    live: workerDocument.nullable().meta({ description: 'Its living worker' }),
    allocations: z.array(heldDocument).meta({ description: 'Allocations of its fleet that have resources of its worker' }),
  })
  .meta({ id: 'RunDetails' });

interface Details {
  attempts: readonly Attempt[];
  /** The cost that holds it back; `null`: none. */
  held: Held | null;
  look: NodeLook | null;
  stealers: readonly Run[];
  /** Why stealers are missing; `null`: none is. */
  missing: string | null;
  /** The allocations that have resources of its worker. */
  allocations: readonly Allocation[];
}

export function toRunDetails(run: Run, { attempts, held, look, stealers, missing, allocations }: Details): z.infer<typeof runDetails> {
  const { program, spec, asks, workers } = run;
  return {
    ...toRunDocument(run),
    ...{ program: program.name, params: { ...program.params }, args: [...program.args] },
    command: commandIn(run),
    spec: spec && { ...spec },
    workers: workers && { ...workers },
    stealers: stealers.map(({ id, state, node, worker }) => ({ run: id, state, node, worker })),
    missing,
    asks: { ...asks },
    attempts: attempts.map(toAttemptDocument),
    held: held && describeHeld(run, held),
    live: look && liveOf(run, look),
    allocations: toHeldDocuments(allocations),
  };
}

function commandIn({ command, commandAt }: Run): z.infer<typeof commandShown> | null {
  if (command === null) return null;
  const { container, argv, env, workingDir, user, timeout, retry, hold } = command;
  return {
    ...{ argv: [...argv], in: container, env: { ...env }, working_dir: workingDir, user, retry, results: hold ? 'hold' : 'auto' },
    timeout: timeout === null ? null : timeout / 1000,
    started: commandAt === null ? null : new Date(commandAt).toISOString(),
  };
}

function describeHeld({ organisation }: Run, { least, left }: Held): string {
  const rest = dollars(Math.max(0, toDollars(left)));
  return `it may cost ${dollars(toDollars(least))}, and the budget of ${organisation} has ${rest} left this month`;
}

function liveOf({ node, worker }: Run, look: NodeLook): z.infer<typeof workerDocument> | null {
  const objects = look.workers.get(worker ?? '');
  if (!objects || worker === null || node === null) return null;
  const { status, why, ends, containers } = summarise(worker, node, '', [...objects], look.now);
  return {
    ...{ status, why, ends: new Date(ends.endsAt).toISOString(), seen: new Date(look.begunAt).toISOString() },
    containers: containers.map(({ container, status: own, exitCode }) => ({ container, status: own, exit_code: exitCode })),
  };
}

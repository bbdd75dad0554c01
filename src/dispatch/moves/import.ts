import { MayflyError } from '../../errors.js';
import { dispatcherOf, organizationOf } from '../../lease/birth.js';
import { deadlineOf } from '../../lease/deadline.js';
import { type Resources, totals, type WorkerSpec } from '../../spec/worker-spec.js';
import { arm } from '../../worker/arm.js';
import { beginCall } from '../../worker/call.js';
import { endingsOf } from '../../worker/endings.js';
import type { Runtime } from '../../worker/runtime.js';
import { type Intake, lostBody } from '../intake.js';
import type { Node } from '../nodes/node.js';
import type { Answer } from '../nodes/offers.js';
import { outcomeOf } from '../outcome.js';
import { isFinal, type Run, unplaced } from '../run.js';
import type { Runs } from '../runs.js';
import type { Driver } from '../steps/drive.js';
import { mostAttempts, workerNameOf } from '../worker-name.js';
import { costFor, rateOf } from '../money.js';
import { type Current, historyIn, type MovedRun, msOrNull } from './document.js';

export interface ImportParts {
  runtime: Runtime;
  runs: Runs;
  intake: Intake;
  driver: Driver;
  nodes: ReadonlyMap<string, Node>;
  /** The id of this service's installation. */
  installation: string;
  /** Whether living workers may have runs that the store lacks. */
  recovering(): boolean;
}

export interface Importing {
  organisation: string;
  document: MovedRun;
  /** Without its secrets. */
  spec: WorkerSpec;
  /** Seals the spec's secrets for a run; `null`: it has none. */
  secrets(run: string): Uint8Array | null;
}

type Moving = NonNullable<MovedRun['worker']>;

/** Takes over runs of other installations. */
export class Imports {
  constructor(private readonly parts: ImportParts) {}

  /**
   * Stores a run that another installation has exported: a waiting one in the queue, a running one with its living worker.
   *
   * @returns `created: false`: the run is here already
   * @throws MayflyError `not_possible` for a document that does not fit, `foreign_object` for a worker that is not the organisation's own,
   *   and those of a submission and of the node
   */
  async import({ organisation, document, spec, secrets }: Importing): Promise<{ run: Run; created: boolean }> {
    const { runs, intake, driver, installation, runtime } = this.parts;
    if (document.to !== installation)
      throw refused(document, `the document is for the installation ${document.to}, and this one is ${installation}`, 'import it there');
    if (this.parts.recovering())
      throw refused(document, 'the runs of living workers are not all found again', 'send the request again when every node has answered');
    const known = await runs.find(document.id);
    if (known && known.state !== 'moved') return existing(known, organisation);
    if (known && known.organisation !== organisation) throw othersRun(known.id);
    assertSame(document, spec);
    const answers = await intake.assertPossible(organisation, spec);
    const run = {
      ...runOf(document, { organisation, spec }),
      ...(document.worker && (await this.placeOf(document, document.worker, organisation))),
    };
    const inserted = await runs.import({
      ...{ run, secrets: isFinal(run.state) ? null : secrets(run.id), bodyHash: lostBody },
      event: { at: runtime.clock.now(), type: 'imported', data: { from: document.from } },
      history: historyIn(document, run.state === 'running' ? currentOf(run, answers) : null),
    });
    if (!inserted.stored) return existing(inserted.existing, organisation);
    driver.drive(run);
    return { run, created: true };
  }

  /** The fields of a run with a worker, which must be on the node and be the organisation's own; or of one whose worker has ended since. */
  private async placeOf({ id, attempt }: MovedRun, moving: Moving, organisation: string): Promise<Partial<Run>> {
    const { nodes, runtime, installation } = this.parts;
    const worker = workerNameOf(id, attempt);
    const node = nodes.get(moving.node);
    if (!node) throw refused({ id }, `its worker is on the node ${moving.node}, which is not in the settings`, 'add the node');
    const backend = await runtime.openNode(node.name);
    // A keeper of this machine watches before the run is taken over: that of the other installation may end at any time.
    const hold = await arm(runtime, backend);
    try {
      const objects = (await node.watch.look()).workers.get(worker) ?? [];
      const maker = moving.installation === installation ? null : moving.installation;
      const place = { node: node.name, worker, maker, until: moving.until, readyAt: msOrNull(moving.ready) };
      if (objects.length === 0) {
        const [record] = await endingsOf(beginCall(runtime), worker, [backend]);
        if (!record) throw notThere(id, worker, node.name);
        const { state, reason, exitCode } = outcomeOf(record);
        return { ...place, state, reason, exitCode, completedAt: record.endedAt };
      }
      if (dispatcherOf(objects) !== moving.installation || organizationOf(objects) !== organisation) throw ofAnother(worker, node.name);
      await hold.confirm();
      return { ...place, state: 'running', ends: deadlineOf(objects).endsAt };
    } finally {
      hold.release();
    }
  }
}

/** The run as a waiting one. */
function runOf(document: MovedRun, { organisation, spec }: Pick<Importing, 'organisation' | 'spec'>): Run {
  const { id, revision, name, asks, priority, labels, program, params, args, tries, reached, avoid, attempt } = document;
  return {
    ...unplaced,
    ...{ id, organisation, revision, name, asks, priority, labels, program: { name: program, params, args }, spec },
    ...{ attempts: document.most_attempts, tries, reached, avoid, attempt },
    ...{ createdAt: Date.parse(document.created), lastTryAt: msOrNull(document.last_try), notBefore: msOrNull(document.not_before) },
    requestId: document.request_id,
    maxWait: document.max_wait === null ? null : Math.round(document.max_wait * 1000),
  };
}

/** The running attempt, which reserves its cost since its placement by this service's own prices. */
function currentOf({ attempt: number, node, lastTryAt, until }: Run, answers: readonly Answer[]): Current {
  const answer = answers.find((one) => one.node === node);
  const { perHour: price, most } = rateOf(answer && 'offer' in answer ? answer.offer.price : null);
  return { number, price, cost: Math.max(most, costFor((until ?? 0) * 1000 - (lastTryAt ?? 0), price)) };
}

/** @throws MayflyError `not_possible` for another spec than that of the run, and for a document without the attempt that goes on or follows */
function assertSame(document: MovedRun, spec: WorkerSpec): void {
  const asks = totals(spec);
  const differs = (Object.keys(asks) as (keyof Resources)[]).some((kind) => asks[kind] !== document.asks[kind]);
  if (spec.name !== document.name || differs)
    throw refused(document, 'the spec has another name or other resources than the run', 'send the spec that the run was submitted with');
  if (document.max_wait !== null && spec.max_cost === null)
    throw refused(document, 'the run has a max_wait, and the spec no max_cost', 'send the spec that the run was submitted with');
  const { worker, attempt, attempts } = document;
  const possible = worker === null ? attempt < mostAttempts : attempts.some(({ number }) => number === attempt);
  if (!possible)
    throw refused(document, `the document has no attempt for the run to go on with after number ${attempt}`, 'submit the spec again');
}

/** The run that has the document's id. */
function existing(run: Run, organisation: string): { run: Run; created: boolean } {
  if (run.organisation !== organisation) throw othersRun(run.id);
  if (run.state !== 'moved') return { run, created: false };
  throw refused(run, 'the run was here, and has moved since this document was made', 'import the document of its last export');
}

function othersRun(id: string): MayflyError {
  return refused({ id }, 'another run has this id', 'submit the spec as a new run');
}

function notThere(id: string, worker: string, node: string): MayflyError {
  const remedy = 'check that both installations mean the same machine by this name';
  return refused({ id }, `the node ${node} has neither the worker ${worker} nor a record of its end`, remedy);
}

function ofAnother(worker: string, node: string): MayflyError {
  return new MayflyError('foreign_object', {
    place: { path: worker },
    cause: `the worker on the node ${node} belongs to another organisation, or was made by another installation than the document has`,
    remedy: 'import an unchanged document, with a token of the organisation that has exported it',
  });
}

function refused({ id }: Pick<Run, 'id'>, cause: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path: id }, cause, remedy });
}

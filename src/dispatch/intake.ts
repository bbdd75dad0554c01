import { keyReused, queueFull } from './intake-errors.js';
import { v4, v5 } from 'uuid';
import type { Clock } from '../clock.js';
import { MayflyError, type Problem } from '../errors.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import type { NewFleetEvent } from '../tasks/fleets/fleet.js';
import type { Workers } from '../tasks/stealing/workers.js';
import type { Limits } from './limits.js';
import type { Answer, Offers } from './nodes/offers.js';
import { noProgram, type Program, type Run, submittedRun } from './run.js';
import type { RunCommand } from './results/run-command.js';
import type { Runs } from './runs.js';
import type { DispatchSettings } from './settings.js';

export interface Submission {
  organisation: string;
  /** Without its secrets. */
  spec: WorkerSpec;
  /** Seals the secrets of spec and command for a run; `null`: there are none. */
  secrets(run: string): Uint8Array | null;
  priority: number;
  labels: Readonly<Record<string, string>>;
  program?: Program;
  /** Its variables without their values. */
  command?: RunCommand | undefined;
  /** See `Run.maxWait`. */
  maxWait?: number | undefined;
  /** Whether the request is a bid. */
  bid?: boolean;
  /** The most attempts. Default: the setting. */
  attempts?: number | undefined;
  /** See `Run.workers`. */
  workers?: Workers | undefined;
  /** The fleet that gets it as a worker, or the primary that gets it as a stealer, and the event of that fleet or run. */
  grows?: ({ fleet: string } | { primary: string }) & { growth(run: string): NewFleetEvent };
  /** The client's own key: a repeated request with it returns the first one's run. */
  key?: string | undefined;
  bodyHash: string;
}

/** The `bodyHash` of a run whose request was lost. */
export const lostBody = '';

export interface IntakeParts {
  runs: Runs;
  offers: Offers;
  settings: DispatchSettings;
  limits: Limits;
  /** @throws MayflyError where a run can never have so many workers */
  assertWorkers(organisation: string, spec: WorkerSpec, workers: Workers): void;
  /** A UUID; ids of runs with a key are made from it. */
  installation: string;
  clock: Clock;
}

/** Takes new runs into the queue. */
export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  /**
   * Stores a run.
   *
   * @param taken number of ids of the key that runs of other organisations have: an import names its id
   * @returns `created: false`: an earlier request with the same key has made it
   * @throws MayflyError `no_backend` with every node's reasons where none can ever take it, `limit_exceeded`, `key_reused`, `queue_full`, and those of `assertWorkers`
   */
  async submit(submission: Submission, taken = 0): Promise<{ run: Run; created: boolean }> {
    const { runs, settings, installation, clock } = this.parts;
    const { organisation, spec, priority, labels, program = noProgram, command = null, workers, grows, key, bodyHash } = submission;
    await this.assertPossible(organisation, spec);
    if (workers) this.parts.assertWorkers(organisation, spec, workers);
    const now = clock.now();
    const id = key === undefined ? v4() : v5(`${organisation}\n${key}${'\n'.repeat(taken)}`, installation);
    const attempts = submission.attempts ?? settings.attempts;
    const maxWait = submission.maxWait ?? null;
    const bidExpires = submission.bid ? now + settings.bidLife : null;
    const requestId = key ?? spec.id;
    const asked = { id, organisation, priority, labels, program, command, spec, attempts, maxWait, bidExpires, requestId };
    const run = submittedRun({ ...asked, fleet: null, ...(workers && { workers }), ...ownerIn(grows), now });
    const event = { at: now, type: run.state, data: {} };
    const inserted = await runs.insert({
      run,
      secrets: submission.secrets(id),
      bodyHash,
      event,
      ...(grows && { growth: grows.growth(id) }),
    });
    if (inserted.stored) return { run, created: true };
    if (inserted.existing.organisation !== organisation) return this.submit(submission, taken + 1);
    // Nothing is known of the request of a run that was made again from labels.
    if (inserted.bodyHash !== bodyHash && inserted.bodyHash !== lostBody) throw keyReused('run', id);
    return { run: inserted.existing, created: false };
  }

  /** @returns each node's answer. @throws MayflyError `no_backend`, `limit_exceeded`, `queue_full` */
  async assertPossible(organisation: string, spec: WorkerSpec): Promise<readonly Answer[]> {
    const { runs, offers, settings, limits } = this.parts;
    if (runs.size >= settings.mostWaiting) throw queueFull('run', settings.mostWaiting);
    limits.assertPossible(organisation, spec);
    const answers = await offers.of(spec);
    assertPossible(spec, answers);
    limits.assertAffordable(organisation, answers);
    return answers;
  }
}

function ownerIn(grows: Submission['grows']): { fleet?: string; primary?: string } {
  if (!grows) return {};
  return 'fleet' in grows ? { fleet: grows.fleet } : { primary: grows.primary };
}

/** @throws MayflyError `no_backend` unless a node accepts the spec, or one that did not answer could */
export function assertPossible(spec: WorkerSpec, answers: readonly Answer[]): void {
  if (answers.some((answer) => 'error' in answer || answer.offer.accepted)) return;
  const problems: Problem[] = answers.flatMap((answer) =>
    'offer' in answer ? answer.offer.reasons.map((cause) => ({ place: { path: answer.node }, cause })) : [],
  );
  throw new MayflyError('no_backend', {
    place: { path: spec.name },
    cause: 'no node can ever take this spec',
    remedy: 'change the refused fields, or ask for a node that has what it needs',
    problems,
  });
}

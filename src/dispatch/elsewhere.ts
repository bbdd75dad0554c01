import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { lostBody } from './intake.js';
import { isFinal, noProgram, type Run, unplaced } from './run.js';
import type { Runs } from './runs.js';
import type { RunChange } from './store/store.js';

/** A report about a run elsewhere, as its event. */
export interface Report {
  type: 'launched' | 'ended';
  data: Readonly<Record<string, unknown>>;
  /** The state after it; `null`: the run goes on. */
  state: 'completed' | 'failed' | null;
}

/** The most runs of an organisation in state `elsewhere`: the end of each may never be reported. */
const mostElsewhere = 10_000;

/** Runs that clients execute by themselves and only declare: they are stored, and get no node and no worker. */
export class Elsewhere {
  constructor(
    private readonly runs: Runs,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Stores a run in state `elsewhere`. @returns `false`: a run has the id. @throws MayflyError `queue_full` */
  async declare({ id, organisation, labels }: Pick<Run, 'id' | 'organisation' | 'labels'>): Promise<boolean> {
    if (this.runs.sizeElsewhere(organisation) >= mostElsewhere) throw tooMany();
    const now = this.clock.now();
    const run: Run = {
      ...unplaced,
      ...{ id, organisation, labels, state: 'elsewhere', name: 'elsewhere', spec: null, program: noProgram, priority: 1, attempts: 1 },
      ...{ asks: { cpu: 0, memory: 0, storage: 0 }, requestId: labels['id'] ?? null, createdAt: now },
    };
    const event = { at: now, type: 'declared', data: {} };
    return (await this.runs.insert({ run, secrets: null, bodyHash: lostBody, event })).stored;
  }

  /**
   * Stores a report. One about a run in another state is an event alone, and one about a final run is ignored.
   *
   * @throws MayflyError `run_unknown`
   */
  async report(organisation: string, id: string, { type, data, state }: Report): Promise<void> {
    for (;;) {
      const run = await this.runs.find(id);
      if (run?.organisation !== organisation)
        throw new MayflyError('run_unknown', { place: { path: id }, cause: 'there is no run with this id', remedy: 'declare it first' });
      if (isFinal(run.state)) return;
      if (run.state !== 'elsewhere') return this.runs.addEvent(id, run.attempt, { type, data });
      const change: RunChange = state === null ? {} : { state, reason: 'reported', completedAt: this.clock.now() };
      if (await this.runs.change(run, change, { type, data })) return;
    }
  }

  /** Ends runs that were declared before a time and whose end nobody has reported. */
  async expire(before: number): Promise<void> {
    const ended = { state: 'failed', reason: 'end_unknown', completedAt: this.clock.now() } as const;
    for (const run of [...this.runs.all()])
      if (run.state === 'elsewhere' && run.createdAt < before) await this.runs.change(run, ended, { type: 'end_unknown' });
  }
}

function tooMany(): MayflyError {
  return new MayflyError('queue_full', {
    cause: `${mostElsewhere} runs of the organisation are elsewhere, and their ends were not reported`,
    remedy: 'report the ends of runs that are over, or cancel these runs',
    retryAfter: 30,
  });
}

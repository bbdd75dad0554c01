import { MayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { RunPath } from '../../tasks/files.js';
import { sessionsOf } from '../../worker/sessions.js';
import { transfer, type Transferred, type TransferPlace } from '../../worker/transfer/transfer.js';
import type { Runtime } from '../../worker/runtime.js';
import { errorUnderOwnName } from '../living-worker.js';
import type { Run } from '../run.js';
import { Leases, type LeaseParts, stayingWorker } from './leases.js';
import { Turns } from './turns.js';

export interface TransferOptions {
  signal: AbortSignal;
  /** Called before a transfer is begun again. */
  onAgain?(cause: string): void;
}

export interface TransferParts {
  runs: { find(id: string): Promise<Run | null> };
  runtime: Pick<Runtime, 'openNode' | 'clock'>;
  skewOf: LeaseParts['skewOf'];
  log: Log;
}

/** Copies files between the workers of runs. They pass through this process as a stream. */
export class Transfers {
  private readonly turns = new Turns();
  private readonly leases: Leases;

  constructor(private readonly parts: TransferParts) {
    this.leases = new Leases({ clock: parts.runtime.clock, skewOf: parts.skewOf });
  }

  /** Takes note of a run that has changed: its transfers end before its worker does. */
  runChanged(run: Run): void {
    this.leases.runChanged(run);
  }

  /** @throws MayflyError as `transfer`; `run_unknown`; `not_possible`, `worker_ended` where a run has no worker that stays */
  async copy(from: RunPath, to: RunPath, { signal, onAgain = () => {} }: TransferOptions): Promise<Transferred> {
    const { runtime, log } = this.parts;
    const { clock } = runtime;
    const onWarning = (cause: string) => log.warn({ from, to, cause }, 'a transfer is done, and its temporary files are left');
    const runs = [await this.find(from.run), await this.find(to.run)] as const;
    const ends = [this.placeOf(runs[0], from), this.placeOf(runs[1], to)] as const;
    const turn = { organisation: runs[1].organisation, containers: ends.map(({ id }) => id) };
    return this.leases.during(runs, signal, (own) =>
      this.turns.take(turn, own, () => transfer(...ends, { clock, signal: own, onAgain, onWarning })),
    );
  }

  private placeOf({ id, name }: Run, { container, path }: RunPath): TransferPlace {
    return {
      ...{ name: `${name}:${container}`, id: `${id}:${container}`, path },
      // A try may follow the end of the worker.
      open: async () => {
        const place = stayingWorker(await this.find(id));
        try {
          return await sessionsOf(await this.parts.runtime.openNode(place.node)).files(place.worker, container);
        } catch (error) {
          throw error instanceof MayflyError ? errorUnderOwnName(error, place) : error;
        }
      },
    };
  }

  private async find(id: string): Promise<Run> {
    const run = await this.parts.runs.find(id);
    if (run) return run;
    throw new MayflyError('run_unknown', {
      place: { path: id },
      cause: 'there is no run with this id',
      remedy: 'see GET /v1/runs',
    });
  }
}

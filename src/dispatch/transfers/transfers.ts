import { MayflyError } from '../../errors.js';
import type { RunPath } from '../../tasks/files.js';
import { sessionsOf } from '../../worker/sessions.js';
import { transfer, type Transferred, type TransferPlace } from '../../worker/transfer/transfer.js';
import type { Runtime } from '../../worker/runtime.js';
import { errorUnderOwnName, livingWorker } from '../http/living-worker.js';
import type { Run } from '../run.js';
import { Turns } from './turns.js';

export interface TransferOptions {
  signal: AbortSignal;
  /** Called before a transfer is begun again. */
  onAgain?(cause: string): void;
}

export interface TransferParts {
  runs: { find(id: string): Promise<Run | null> };
  runtime: Pick<Runtime, 'openNode' | 'clock'>;
}

/** Copies files between the workers of runs. They pass through this process as a stream. */
export class Transfers {
  private readonly turns = new Turns();

  constructor(private readonly parts: TransferParts) {}

  /** @throws MayflyError as `transfer`; `run_unknown`; `not_possible`, `worker_ended` where a run has no worker */
  async copy(from: RunPath, to: RunPath, { signal, onAgain = () => {} }: TransferOptions): Promise<Transferred> {
    const { runtime } = this.parts;
    const ends = [await this.placeOf(from), await this.placeOf(to)] as const;
    const containers = ends.map(({ id }) => id);
    return this.turns.take(containers, signal, () => transfer(...ends, { clock: runtime.clock, signal, onAgain }));
  }

  private async placeOf({ run: id, container, path }: RunPath): Promise<TransferPlace> {
    const { name } = await this.find(id);
    return {
      ...{ name: `${name}:${container}`, id: `${id}:${container}`, path },
      // A try may follow the end of the worker.
      open: async () => {
        const place = livingWorker(await this.find(id));
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

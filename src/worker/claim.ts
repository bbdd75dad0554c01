import { rm } from 'node:fs/promises';
import { MayflyError } from '../errors.js';
import { readIfThere, writeAtomic } from '../state/atomic-file.js';
import type { Call } from './call.js';

/** Milliseconds between two looks of a run at the claim on its name. */
const lookEvery = 250;

/** A run's claim on the name of its worker. */
export interface Claim {
  /** Aborts when a later `run --replace` of this machine has claimed the name. Its reason is a MayflyError `interrupted`. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Watches the claim on a worker's name: a file that each `run --replace` overwrites, so the newest one has the claim. Every other run gives way
 * when the file changes. `take`: overwrite it first.
 */
export async function openClaim({ layout, newId }: Call, worker: string, take: boolean): Promise<Claim> {
  const path = layout.claim(worker);
  const known = take ? newId() : await readIfThere(path);
  if (take) await writeAtomic(path, known!, layout.root);
  const lost = new AbortController();
  // An unreadable file proves no later claim.
  const read = () => readIfThere(path).catch(() => known);
  const look = async () => {
    const claimed = await read();
    if (claimed !== null && claimed !== known) lost.abort(givenWay(worker));
  };
  const timer = setInterval(() => void look(), lookEvery);
  timer.unref();
  return {
    lost: lost.signal,
    async release() {
      clearInterval(timer);
      if (take && (await read()) === known) await rm(path, { force: true }).catch(() => {});
    },
  };
}

function givenWay(worker: string): MayflyError {
  return new MayflyError('interrupted', {
    place: { path: worker },
    cause: 'a later `mayfly run --replace` has taken the name',
    remedy: 'run it again, or give it another --name',
  });
}

import { statSync } from 'node:fs';
import { specsOf } from '../shared/each-spec.js';
import type { Args } from './options.js';

/** The names in the given spec file; `null`: it is a worker's name. A folder with the worker's name is no spec. */
export async function specNames({ worker, ...args }: Pick<Args, 'worker' | 'name'>): Promise<string[] | null> {
  const isSpec = /[./]/.test(worker) || worker === '-' || isFile(worker);
  return isSpec ? (await specsOf(worker, args)).map(({ spec }) => spec.name) : null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

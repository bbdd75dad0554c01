import { type FoundSpec, type LoadOptions, loadSpec as load, loadSpecs as loadAll } from '../spec/load.js';
import { backendNames } from './backend-names.js';

/** See `spec/load.ts`; a `backend` that mayfly does not have is an error. */
export function loadSpec(path: string, options: LoadOptions = {}): Promise<FoundSpec> {
  return load(path, { backends: backendNames, ...options });
}

/** The same for a file that may hold several specs. */
export function loadSpecs(path: string, options: LoadOptions = {}): Promise<FoundSpec[]> {
  return loadAll(path, { backends: backendNames, ...options });
}

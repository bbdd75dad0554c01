import { type FoundSpec, type LoadOptions, loadSpec as load, loadSpecs as loadAll } from '../spec/load.js';
import { backendNames } from './backend-names.js';

/** Loads a file's only spec, as `spec/load.ts` does; an unknown `backend` is an error. */
export function loadSpec(path: string, options: LoadOptions = {}): Promise<FoundSpec> {
  return load(path, { backends: backendNames, ...options });
}

/** Loads all specs of a file. */
export function loadSpecs(path: string, options: LoadOptions = {}): Promise<FoundSpec[]> {
  return loadAll(path, { backends: backendNames, ...options });
}

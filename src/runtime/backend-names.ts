import { entries } from '../backends/registry.js';

/** Kinds of backends, for help, specs and settings. */
export const backendNames: readonly string[] = entries.map(({ name }) => name);

/**
 * Exports that are cheap to import. `parse.ts`, `schema.ts`, `json-schema.ts` and `reference.ts` load zod and yaml: import them from
 * their own files, lazily where start-up time matters.
 */
export type { Env } from './interpolate.js';
export { type LoadOptions, loadSpec, loadSpecs } from './load.js';
export type { Offer } from './offer.js';
export type { LoadedSpec, ParseOptions } from './loaded-spec.js';
export * from './worker-spec.js';

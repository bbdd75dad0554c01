/**
 * What every room may import at no cost. `parse.ts`, `schema.ts`, `json-schema.ts` and `reference.ts` bring zod and yaml: import
 * them from their own files, lazily where start-up counts.
 */
export type { Env } from './interpolate.js';
export { type LoadOptions, loadSpec, loadSpecs } from './load.js';
export type { Offer, StackFacts } from './offer.js';
export type { LoadedSpec, ParseOptions } from './loaded-spec.js';
export * from './worker-spec.js';

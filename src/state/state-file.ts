import * as z from 'zod/mini';
import type { Attributes, Value } from '../plan/resource-schema.js';

/** Terraform's state, format version 4: https://github.com/hashicorp/terraform `internal/states/statefile`. */
export interface StateFile {
  version: 4;
  terraform_version: string;
  serial: number;
  lineage: string;
  outputs: Record<string, StateOutput>;
  resources: StateResource[];
  check_results: null;
}

export interface StateOutput {
  value: Value;
  /** A type in cty's JSON notation. */
  type: unknown;
  sensitive?: true;
}

export interface StateResource {
  mode: 'managed';
  type: string;
  name: string;
  provider: string;
  instances: [StateInstance];
}

export interface StateInstance {
  status?: 'tainted';
  schema_version: number;
  attributes: Attributes;
  sensitive_attributes: unknown[];
  private?: string;
  dependencies?: string[];
}

const instance = z.looseObject({
  attributes: z.record(z.string(), z.unknown()),
  sensitive_attributes: z._default(z.array(z.unknown()), []),
  dependencies: z.optional(z.array(z.string())),
});

/** The parts of a state file that mayfly reads. Attributes are not checked here. */
export const stateFile = z.looseObject({
  version: z.literal(4),
  serial: z.number(),
  lineage: z.string(),
  outputs: z._default(z.record(z.string(), z.looseObject({ value: z.unknown() })), {}),
  resources: z.array(z.looseObject({ mode: z.string(), type: z.string(), name: z.string(), instances: z.array(instance) })),
});

/** Values of a worker's variables by name: drawn values and secrets. */
export const variablesFile = z.record(z.string(), z.string());

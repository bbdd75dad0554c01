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

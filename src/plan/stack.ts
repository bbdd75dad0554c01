import type { Value } from './resource-schema.js';

/** The synthesized stack: Terraform's JSON configuration, as much of it as mayfly writes. */
export interface Stack {
  terraform: { required_providers: Record<string, { source: string; version: string }>; backend: { local: { path: string } } };
  provider: Record<string, Value>;
  variable?: Record<string, { type: string; sensitive?: boolean; description?: string; ephemeral?: boolean }>;
  resource?: Record<string, Record<string, ResourceBlock>>;
  output?: Record<string, { value: Value; sensitive?: boolean }>;
  [other: string]: unknown;
}

export interface ResourceBlock {
  depends_on?: string[];
  lifecycle?: { ignore_changes?: string[] };
  [attribute: string]: unknown;
}

/** Variables of a stack, drawn once at the first apply (`terraform.tfvars.json`). */
export type Variables = Record<string, string>;

import { referencesIn } from './template.js';
import type { Value } from './resource-schema.js';
import { partsOf } from '../spec/address.js';

/** The synthesized stack: the parts of Terraform's JSON configuration that mayfly writes. */
export interface Stack {
  terraform: { required_providers: Record<string, { source: string; version: string }>; backend: Record<string, Record<string, unknown>> };
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

/** The attributes of a resource whose values refer to sensitive variables. */
export function sensitiveAttributes(stack: Stack, address: string): string[] {
  const { type, name } = partsOf(address);
  const blocks = stack.resource?.[type] ?? {};
  const block = Object.hasOwn(blocks, name) ? blocks[name]! : {};
  return Object.keys(block).filter((key) =>
    referencesIn(block[key]).some(([kind, variable]) => kind === 'var' && stack.variable?.[String(variable)]?.sensitive),
  );
}

/** The variables that may be stored in files: all that are not ephemeral. */
export function lasting(stack: Stack, variables: Variables): Variables {
  return only(variables, (name) => !stack.variable?.[name]?.ephemeral);
}

/** The variables that are stored in no file. */
export function ephemeral(stack: Stack, variables: Variables): Variables {
  return only(variables, (name) => stack.variable?.[name]?.ephemeral ?? false);
}

function only(variables: Variables, wanted: (name: string) => boolean): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => wanted(name)));
}

import { MayflyError } from '../errors.js';
import { diffAttributes, normaliseBlock, wantedForCreate, wantedForUpdate, withoutWriteOnly } from './diff.js';
import { type Graph, type GraphNode, metaArguments } from './graph.js';
import type { Action, Change } from './plan.js';
import type { Attributes, ResourceSchema, Value } from './resource-schema.js';
import type { Variables } from './stack.js';
import { evaluate, follow, formatReference, type Reference } from './template.js';

/** An existing resource as refresh found it. */
export interface Existing {
  type: string;
  name: string;
  id: string;
  attributes: Attributes;
  dependencies: string[];
  tainted: boolean;
  /** The result of the driver's `completion`. */
  complete?(configured: Attributes): Attributes;
}

export interface ChangeInput {
  graph: Graph;
  variables: Variables;
  schemas: (type: string) => ResourceSchema;
  existing: ReadonlyMap<string, Existing>;
}

/** Resolves a reference to a variable, or to an attribute of a resource that is planned or made. */
export type Scope = (reference: Reference) => Value;

export function scopeOf(variables: Variables, attributesOf: (address: string) => Attributes | undefined): Scope {
  return (reference) => {
    const [first, second, ...rest] = reference;
    if (first === 'var') {
      const value = variables[String(second)];
      if (value === undefined) throw new MayflyError('stack_invalid', { cause: `the variable ${second} has no value` });
      return value;
    }
    const attributes = attributesOf(`${first}.${second}`);
    if (!attributes) throw new MayflyError('stack_invalid', { cause: `${formatReference(reference)} has no value yet` });
    return follow(attributes, rest, reference);
  };
}

/** A resource's configured attributes with all references resolved, normalised as in a state. */
export function configuredAttributes(node: GraphNode, schema: ResourceSchema, scope: Scope): Attributes {
  const block = Object.fromEntries(Object.entries(node.block).filter(([key]) => !metaArguments.has(key)));
  for (const key of Object.keys(block)) {
    if (!schema.attributes[key]) {
      throw new MayflyError('stack_invalid', { place: { path: node.address }, cause: `${node.type} has no attribute ${key}` });
    }
  }
  return normaliseBlock(evaluate(block, scope) as Record<string, Value>, schema);
}

/** The changes of all resources in the graph's order, then the deletions. Pure. */
export function planChanges({ graph, variables, schemas, existing }: ChangeInput): Change[] {
  const changes: Change[] = [];
  const planned = new Map<string, Attributes>();
  const scope = scopeOf(variables, (address) => planned.get(address));
  for (const node of graph.values()) {
    const change = planOne(node, schemas(node.type), scope, existing.get(node.address));
    planned.set(node.address, change.after!);
    changes.push(change);
  }
  for (const [address, { type, name, id, attributes, dependencies, tainted }] of existing) {
    if (graph.has(address)) continue;
    changes.push({ address, type, name, action: 'delete', attributes: [], after: null, before: attributes, id, dependencies, tainted });
  }
  return changes;
}

function planOne(node: GraphNode, schema: ResourceSchema, scope: Scope, existing: Existing | undefined): Change {
  const configured = configuredAttributes(node, schema, scope);
  const { address, type, name, dependencies } = node;
  const base = { address, type, name, dependencies, id: existing?.id ?? null, tainted: existing?.tainted ?? false };
  const created = () => withoutWriteOnly(wantedForCreate(configured, schema), schema);
  if (!existing) return { ...base, action: 'create', attributes: [], before: null, after: created() };
  const before = existing.attributes;
  const completed = existing.complete?.(configured) ?? configured;
  const wanted = wantedForUpdate(completed, before, schema, node.block.lifecycle?.ignore_changes ?? []);
  const after = withoutWriteOnly(wanted, schema);
  const attributes = diffAttributes(before, after, schema);
  const action = decide(base.tainted, attributes);
  return { ...base, action, attributes, before, after: action === 'replace' ? created() : after };
}

function decide(tainted: boolean, attributes: Change['attributes']): Action {
  if (tainted || attributes.some((attribute) => attribute.replaces)) return 'replace';
  return attributes.length > 0 ? 'update' : 'none';
}

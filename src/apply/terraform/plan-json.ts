import { diffAttributes } from '../../plan/diff.js';
import type { Graph } from '../../plan/graph.js';
import type { Action, AttributeChange, Change, Drift } from '../../plan/plan.js';
import { unknown } from '../../plan/values.js';
import type { Attributes, ResourceSchema, Value } from '../../plan/resource-schema.js';
import type { State } from '../../state/records.js';
import { withoutComputed, withoutIgnored } from '../refresh.js';
import type { Adopted } from './adopt.js';

/** The parts of `show -json PLANFILE` that we read: https://developer.hashicorp.com/terraform/internals/json-format */
export interface ShownPlan {
  format_version: string;
  resource_changes?: ShownChange[];
  resource_drift?: ShownChange[];
  output_changes?: Record<string, { actions: string[] }>;
}

export interface ShownChange {
  address: string;
  mode: 'managed' | 'data';
  type: string;
  name: string;
  /** `replace_because_tainted`, among others. */
  action_reason?: string;
  change: {
    actions: string[];
    before: Attributes | null;
    after: Attributes | null;
    /** `true` if the whole value is unknown; otherwise an object or list in the shape of the value. */
    after_unknown?: Value;
    before_sensitive?: Value;
    after_sensitive?: Value;
    replace_paths?: (string | number)[][];
  };
}

export interface MappingContext {
  graph: Graph;
  schemas: (type: string) => ResourceSchema;
  /** The state that the plan was made from. */
  adopted: Pick<Adopted, 'state' | 'addresses' | 'gone' | 'overlooked'>;
}

/** The CLI's plan as our changes: all resources in the graph's order, then the deletions. Pure. */
export function changesOf({ resource_changes = [] }: ShownPlan, context: MappingContext): Change[] {
  const managed = resource_changes.filter(({ mode }) => mode === 'managed');
  const order = [...context.graph.keys()];
  const place = ({ address }: ShownChange) => (order.includes(address) ? order.indexOf(address) : order.length);
  return managed.sort((a, b) => place(a) - place(b)).map((shown) => changeOf(shown, context));
}

function changeOf(shown: ShownChange, { graph, schemas, adopted }: MappingContext): Change {
  const { address, type, name, change } = shown;
  const action = actionOf(change.actions);
  const overlooked = adopted.overlooked.get(address);
  const before = change.before;
  const after = change.after && (withUnknown(change.after, change.after_unknown ?? false) as Attributes);
  const node = graph.get(address);
  const found = action === 'none' ? [] : attributesOf(shown, before, after, schemas(type), node?.block ?? {});
  // Attributes that the provider plans to change and then does not change are decided by our own planner.
  const attributes = overlooked ?? found.filter(({ path }) => !schemas(type).attributes[path]?.providerKeeps);
  return {
    address,
    type,
    name,
    action: action === 'update' && found.length > 0 && attributes.length === 0 ? 'none' : action,
    attributes,
    after,
    before,
    id: typeof before?.['id'] === 'string' ? before['id'] : null,
    dependencies: node?.dependencies ?? adopted.state.records.get(address)?.dependencies ?? [],
    tainted: shown.action_reason === 'replace_because_tainted' && !overlooked,
  };
}

/** Two actions are a replacement, in either order. */
function actionOf(actions: readonly string[]): Action {
  if (actions.length > 1) return 'replace';
  const [action] = actions;
  return action === 'create' || action === 'update' || action === 'delete' ? action : 'none';
}

/** The changed attributes, without those that only the backend fills in again. */
function attributesOf(
  { change }: ShownChange,
  before: Attributes | null,
  after: Attributes | null,
  schema: ResourceSchema,
  configured: Record<string, unknown>,
): AttributeChange[] {
  if (!before || !after) return [];
  const replacing = new Set((change.replace_paths ?? []).map(([first]) => String(first)));
  return diffAttributes(before, after, schema)
    .filter(({ path }) => replacing.has(path) || path in configured || !isFilledIn(path, after, schema))
    .map((one) => ({ ...one, replaces: replacing.has(one.path), secret: one.secret || isSensitive(change, one.path) }));
}

/** Whether the backend fills in the value: it is unknown, or computed and missing in the plan (a value of the image). */
function isFilledIn(path: string, after: Attributes, schema: ResourceSchema): boolean {
  const becomes = after[path] ?? null;
  return becomes === unknown || (becomes === null && Boolean(schema.attributes[path]?.computed));
}

function isSensitive({ before_sensitive, after_sensitive }: ShownChange['change'], path: string): boolean {
  return [before_sensitive, after_sensitive].some(
    (marks) => marks !== null && typeof marks === 'object' && (marks as Record<string, Value>)[path] === true,
  );
}

/** Puts `unknown` into a value at its unknown members, which the CLI's plan leaves out. */
function withUnknown(value: Value, marks: Value): Value {
  if (marks === true) return unknown;
  if (marks === null || typeof marks !== 'object') return value;
  if (Array.isArray(marks)) {
    const items = Array.isArray(value) ? value : [];
    return marks.map((mark, index) => withUnknown(items[index] ?? null, mark));
  }
  const members = (value ?? {}) as Record<string, Value>;
  const keys = new Set([...Object.keys(members), ...Object.keys(marks)]);
  return Object.fromEntries([...keys].map((key) => [key, withUnknown(own(members, key) ?? null, own(marks, key) ?? false)]));
}

/** The own member of that name; an inherited one, such as `constructor`, does not count. */
function own(members: Record<string, Value>, key: string): Value | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

/** The drift that the CLI found, and the records that we added to its state or removed from it. */
export function driftOf({ resource_drift = [] }: ShownPlan, { graph, schemas, adopted }: MappingContext): Drift[] {
  const found = resource_drift
    .filter(({ mode, address }) => mode === 'managed' && !adopted.addresses.includes(address))
    .map(({ address, type, change: { actions, before, after } }): Drift => {
      if (actionOf(actions) === 'delete') return { address, kind: 'gone', attributes: [] };
      const attributes = diffAttributes(before ?? {}, after ?? {}, schemas(type));
      return withoutComputed(withoutIgnored({ address, kind: 'changed', attributes }, graph), schemas(type));
    })
    .filter(({ kind, attributes }) => kind === 'gone' || attributes.length > 0);
  const ours = (addresses: readonly string[], kind: Drift['kind']) =>
    addresses.map((address): Drift => ({ address, kind, attributes: [] }));
  return [...found, ...ours(adopted.addresses, 'adopted'), ...ours(adopted.gone, 'gone')].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Names of the changed outputs. A lost state has no outputs: writing them again is no change of the worker. */
export function outputsOf({ output_changes = {} }: ShownPlan, remembered: State): string[] {
  if (remembered.lineage === null) return [];
  return Object.keys(output_changes)
    .filter((name) => actionOf(output_changes[name]!.actions) !== 'none')
    .sort();
}

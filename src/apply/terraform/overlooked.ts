import type { Change } from '../../plan/plan.js';
import type { AttributeSchema, ResourceSchema, Value } from '../../plan/resource-schema.js';
import { same } from '../../plan/values.js';

/**
 * Whether the provider would omit a part of a change that our own planner found. The provider may keep a computed attribute that is no
 * longer configured, restart a container that must be replaced, plan an update without doing it, or not see the difference.
 * `block`: the resource's block in the stack.
 */
export function isOverlooked(change: Change, { attributes }: ResourceSchema, block: Record<string, unknown>): boolean {
  return change.attributes.some(({ path, before, replaces }) => replaces && isLeft(attributes[path]!, before, block[path]));
}

/** The provider treats an empty list of a computed attribute (`env: []`) as not configured. */
function isLeft({ replacesOurs, providerKeeps, unseen, computed }: AttributeSchema, before: Value, configured: unknown): boolean {
  const isConfigured = !same((configured ?? null) as Value, null);
  return Boolean(replacesOurs) || Boolean(providerKeeps) || Boolean(unseen?.(before)) || (Boolean(computed) && !isConfigured);
}

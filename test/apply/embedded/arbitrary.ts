import fc from 'fast-check';
import type { Action, Change } from '../../../src/plan/plan.js';

/** A change of one resource, with nothing in it that the order depends on left out. */
export function changeOf(address: string, action: Action, dependencies: string[] = []): Change {
  const [type, name] = address.split('.') as [string, string];
  return { address, type, name, action, dependencies, attributes: [], after: null, before: null, id: null, tainted: false };
}

const actions: Action[] = ['create', 'update', 'replace', 'delete', 'none'];

/**
 * Any plan without a cycle; types `run` (which are started) and `lie`. As in a real one what refers to a replaced resource is replaced or
 * goes, what refers to a new one is new, and what stays refers to nothing that goes.
 */
export const plans: fc.Arbitrary<Change[]> = fc
  .array(fc.tuple(fc.constantFrom('run', 'lie'), fc.constantFrom(...actions), fc.array(fc.nat(20), { maxLength: 4 })), { maxLength: 15 })
  .map((rows) => {
    const changes: Change[] = [];
    for (const [index, [type, action, links]] of rows.entries()) {
      const to = links.filter((link) => link < index).map((link) => changes[link]!);
      const kept = action === 'delete' ? to : to.filter((one) => one.action !== 'delete');
      changes.push(changeOf(`${type}.n${index}`, follow(action, kept), [...new Set(kept.map(({ address }) => address))].sort()));
    }
    return changes;
  });

function follow(action: Action, to: Change[]): Action {
  if (action === 'delete') return to.some((one) => one.action === 'create') ? 'create' : 'delete';
  if (to.some((one) => one.action === 'create')) return 'create';
  return to.some((one) => one.action === 'replace') && action !== 'create' ? 'replace' : action;
}

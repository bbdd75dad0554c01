import type { Offer } from '../spec/offer.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import type { Attributes, Value } from './resource-schema.js';
import type { Stack } from './stack.js';

export const applierNames = ['embedded', 'terraform', 'tofu'] as const;
/** What tells and carries out a plan: mayfly itself, or one of the two CLIs. */
export type ApplierName = (typeof applierNames)[number];

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'none';

export interface AttributeChange {
  /** `memory`, `ports[0].external`: the attribute's name, with its path below when one leaf differs. */
  path: string;
  before: Value;
  after: Value;
  /** A change of this attribute can't be made in place. */
  replaces: boolean;
  /** Values may be secret: views say that it changes, not from what to what. */
  secret: boolean;
}

/** What apply will do to one resource. */
export interface Change {
  address: string;
  type: string;
  name: string;
  action: Action;
  attributes: AttributeChange[];
  /** Attributes wanted; unknown ones hold `unknown`. `null` when deleted. */
  after: Attributes | null;
  /** As it really is, `null` when it does not exist. */
  before: Attributes | null;
  /** The backend's id of what exists. */
  id: string | null;
  /** Addresses this one refers to, directly; those of the state for a delete. */
  dependencies: string[];
  /** Made by an interrupted run and not finished: replaced, whatever the attributes say. */
  tainted: boolean;
}

/** How what is there differs from what the state remembered. */
export interface Drift {
  address: string;
  kind: 'gone' | 'changed' | 'adopted';
  attributes: AttributeChange[];
}

/**
 * What an apply would do, as data: apply decides nothing again. `base` is what it was made from; a saved plan is refused when
 * that has moved on.
 */
export interface Plan {
  format: 'mayfly-plan/1';
  worker: string;
  /** Told by this one, and carried out by it. */
  applier: ApplierName;
  spec: WorkerSpec;
  offer: Offer;
  /** The backends refused before this one, with their reasons. */
  refused: Pick<Offer, 'backend' | 'reasons'>[];
  /** The backend was named by option, spec or settings; else it is the first that accepts. */
  asked: boolean;
  stack: Stack;
  changes: Change[];
  drift: Drift[];
  /** Output names that will change. */
  outputs: string[];
  /** The lease only: `max_duration` was edited on a living worker. Milliseconds since the epoch. */
  leaseMove: { from: number; to: number } | null;
  /**
   * Where this spec comes from and where the one came from that the living worker was made from (`null`: unknown); empty: from no
   * file. `adopt`: it may change a worker of another origin.
   */
  origin: { spec: string; worker: string | null; match: 'same' | 'unknown' | 'other'; adopt: boolean };
  base: { lineage: string | null; serial: number; digest: string };
}

export interface PlanCounts {
  add: number;
  change: number;
  destroy: number;
}

export function countChanges(changes: readonly Pick<Change, 'action'>[]): PlanCounts {
  const count = (...actions: Action[]) => changes.filter((change) => actions.includes(change.action)).length;
  return { add: count('create', 'replace'), change: count('update'), destroy: count('delete', 'replace') };
}

export function hasChanges(plan: Pick<Plan, 'changes' | 'outputs' | 'leaseMove'>): boolean {
  return plan.changes.some((change) => change.action !== 'none') || plan.outputs.length > 0 || plan.leaseMove !== null;
}

import type { Offer } from '../spec/offer.js';
import type { CopySpec, WorkerSpec } from '../spec/worker-spec.js';
import type { Attributes, Value } from './resource-schema.js';
import type { Stack } from './stack.js';

export const applierNames = ['embedded', 'terraform', 'tofu'] as const;
/** The program that makes and carries out a plan: mayfly itself, or one of the two CLIs. */
export type ApplierName = (typeof applierNames)[number];

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'none';

export interface AttributeChange {
  /** `memory`, `ports[0].external`: the attribute's name, and the path below it if one leaf differs. */
  path: string;
  before: Value;
  after: Value;
  /** A change of this attribute needs a new resource. */
  replaces: boolean;
  /** The values may be secret: views show that the attribute changes, but not its values. */
  secret: boolean;
}

/** The change of one resource in an apply. */
export interface Change {
  address: string;
  type: string;
  name: string;
  action: Action;
  attributes: AttributeChange[];
  /** Wanted attributes; values not known yet are `unknown`. `null` for a deletion. */
  after: Attributes | null;
  /** Actual attributes; `null` if the resource does not exist. */
  before: Attributes | null;
  /** The backend's id of the existing object. */
  id: string | null;
  /** Addresses of the direct dependencies; for a deletion those in the state. */
  dependencies: string[];
  /** An interrupted run made it and did not finish: it is replaced, even if no attribute differs. */
  tainted: boolean;
}

/** The difference between a resource in the state and the actual one. */
export interface Drift {
  address: string;
  kind: 'gone' | 'changed' | 'adopted';
  attributes: AttributeChange[];
}

/**
 * All decisions of an apply, as data: apply decides nothing again. `base` identifies the state that the plan was made from; a saved plan
 * is refused if that state has changed.
 */
export interface Plan {
  format: 'mayfly-plan/2';
  worker: string;
  /** The applier that made the plan, and carries it out. */
  applier: ApplierName;
  spec: WorkerSpec;
  offer: Offer;
  /** The backends refused before this one, with their reasons. */
  refused: Pick<Offer, 'backend' | 'reasons'>[];
  /** An option, the spec or the settings named the backend. `false`: it is the first that accepts. */
  asked: boolean;
  stack: Stack;
  changes: Change[];
  drift: Drift[];
  /** Names of the outputs that will change. */
  outputs: string[];
  copies: PlannedCopy[];
  /** New end of a living worker whose `max_duration` was edited, in milliseconds since the epoch. */
  leaseMove: { from: number; to: number } | null;
  /**
   * The origin of this spec, and of the spec that the living worker was made from (`null`: unknown). Empty: from no file. `adopt`: the plan
   * may change a worker of another origin.
   */
  origin: { spec: string; worker: string | null; match: 'same' | 'unknown' | 'other'; adopt: boolean };
  base: { lineage: string | null; serial: number; digest: string };
}

/** A copy that an apply makes. Its files are counted by the plan, and copied as they are at the time of the apply. */
export interface PlannedCopy {
  copy: CopySpec;
  files: number;
  bytes: number;
  warnings: string[];
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

export function hasChanges(plan: Pick<Plan, 'changes' | 'outputs' | 'copies' | 'leaseMove'>): boolean {
  return plan.changes.some((change) => change.action !== 'none') || plan.outputs.length + plan.copies.length > 0 || plan.leaseMove !== null;
}

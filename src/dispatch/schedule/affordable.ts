import type { Rate } from '../money.js';

/** Money that organisations may still spend, in millionths of a US dollar. One that is missing has no limit. */
export type Budgets = ReadonlyMap<string, number>;

/** `left`: `undefined`: no limit. A worker that costs nothing is affordable also where nothing is left. */
export function isAffordable({ most }: Pick<Rate, 'most'>, left: number | undefined): boolean {
  return most === 0 || left === undefined || most <= left;
}

/** A run that its organisation's budget holds back, in millionths of a US dollar. */
export interface Held {
  /** The worker's highest cost on its cheapest node. */
  least: number;
  /** The rest of the budget. */
  left: number;
}

interface Costly {
  id: string;
  organisation: string;
  nodes: readonly Pick<Rate, 'most'>[];
}

/** The runs that no node can take because of the cost. */
export function heldByBudget(waiting: readonly Costly[], budgets: Budgets): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const { id, organisation, nodes } of waiting) {
    const left = budgets.get(organisation);
    if (left === undefined || nodes.length === 0 || nodes.some((node) => isAffordable(node, left))) continue;
    held.set(id, { left, least: leastOf(nodes) });
  }
  return held;
}

/** The highest cost on the cheapest node. */
export function leastOf(nodes: readonly Pick<Rate, 'most'>[]): number {
  return Math.min(...nodes.map(({ most }) => most));
}

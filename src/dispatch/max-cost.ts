import { toMicros } from './money.js';
import type { Attempt, Run } from './run.js';

/** Millionths of a US dollar that a run may cost beside its attempts so far; `undefined`: its spec has no `max_cost`. */
export function costLeft({ spec }: Pick<Run, 'spec'>, attempts: readonly Pick<Attempt, 'cost'>[]): number | undefined {
  if (spec?.max_cost == null) return undefined;
  return toMicros(spec.max_cost) - attempts.reduce((sum, { cost }) => sum + cost, 0);
}

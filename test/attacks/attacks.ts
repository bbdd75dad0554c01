import { describe, test } from 'vitest';

/** One row of a section's table: a trouble that use or attack found, and the right value. */
export interface Attack {
  /** The mechanism of the product that holds it. Several rows stand for one mechanism. */
  mechanism: string;
  /** What the attacker, the user or the machine does. */
  does: string;
  /** The right outcome, as a sentence; the test checks its literal values. */
  right: string;
  check(): Promise<void>;
}

export interface AttackOptions {
  /** True where this machine cannot run the table: its rows are then reported as skipped. */
  unless?: boolean;
  timeoutMs?: number;
}

/** Titles of all tables begin so; the reporter counts them by it. */
export const tablePrefix = 'attacks on ';

/** Runs a table: one test a row, keyed by name. */
export function attacks(section: string, table: Record<string, Attack>, { unless = false, timeoutMs }: AttackOptions = {}): void {
  describe.skipIf(unless)(`${tablePrefix}${section}`, () => {
    for (const [name, { mechanism, does, right, check }] of Object.entries(table)) {
      test(`${name}: ${does} → ${right} [${mechanism}]`, check, timeoutMs);
    }
  });
}

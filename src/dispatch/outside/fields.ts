import type { Path } from '../../spec/path.js';
import type { Row, SectionName, Table } from './row.js';

/** A field of a spec that has a value. */
export interface Field {
  path: Path;
  row: Row;
  value: unknown;
  parent: Readonly<Record<string, unknown>>;
}

/**
 * Visits every field of a value that the table has, each before the fields in it. `null` means absent. Unknown keys and values of another
 * form are left out: the schema refuses them.
 *
 * @param visit returns whether to visit the fields in this one
 */
export function visitFields(
  value: unknown,
  table: Table,
  visit: (field: Field) => boolean,
  section: SectionName = 'top',
  path: Path = [],
): void {
  if (!isMapping(value)) return;
  for (const [key, one] of Object.entries(value)) {
    const row = Object.hasOwn(table[section], key) ? table[section][key] : undefined;
    const at = [...path, key];
    if (!row || one === null || !visit({ path: at, row, value: one, parent: value }) || row.section === undefined) continue;
    if (!Array.isArray(one)) visitFields(one, table, visit, row.section, at);
    else for (const [index, item] of one.entries()) visitFields(item, table, visit, row.section, [...at, index]);
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every text in a value, with its path. */
export function textsOf(value: unknown, path: Path = []): { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  const items: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return items.flatMap(([key, item]) => textsOf(item, [...path, key]));
}

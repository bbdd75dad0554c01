import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type JsonSchema, jsonSchema } from '../../../src/spec/json-schema.js';
import { withOutsideTable } from '../../../src/dispatch/outside/docs.js';
import { outsideTable } from '../../../src/dispatch/outside/table.js';

/** The fields of the schema, as `containers[].env`; behind the arrow the mapping that is in the field. */
function schemaFields(): string[] {
  const root = jsonSchema();
  const mappings = [['top', root], ...Object.values(root.$defs ?? {}).map((one) => [one.title ?? '', one])] as [string, JsonSchema][];
  return mappings.flatMap(([title, { properties = {} }]) =>
    Object.entries(properties).map(
      ([key, field]) => `${title}.${key}${[...new Set(titlesIn(field, root))].map((one) => ` → ${one}`).join()}`,
    ),
  );
}

/** Titles of the mappings that a field may hold. */
function titlesIn({ $ref, anyOf = [], items }: JsonSchema, root: JsonSchema): string[] {
  const title = root.$defs?.[$ref?.replace('#/$defs/', '') ?? '']?.title;
  return [...(title === undefined ? [] : [title]), ...[...anyOf, ...(items ? [items] : [])].flatMap((one) => titlesIn(one, root))];
}

test('the table has a row for every field of the schema, and no other row', () => {
  const rows = Object.entries(outsideTable)
    .filter(([section]) => section !== 'texts')
    .flatMap(([section, some]) =>
      Object.entries(some).map(([key, row]) => `${section}.${key}${row.section === undefined ? '' : ` → ${row.section}`}`),
    );
  expect(rows.toSorted()).toEqual(schemaFields().toSorted());
});

test('docs/serve.md has the table', async () => {
  const page = await readFile(new URL('../../../docs/serve.md', import.meta.url), 'utf8');
  expect(withOutsideTable(page)).toBe(page);
  expect(page).toContain('| `engine` | `image` | from the list of the organisation and the node, if there is one |');
  expect(() => withOutsideTable('# no place\n')).toThrow(/no place for the table/);
});

import { expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { type JsonSchema, jsonSchema } from '../../src/spec/json-schema.js';
import { specs } from './specs.js';
import { backendNames } from '../../src/runtime/backend-names.js';

/** Every path of members that the schema knows: `engine.healthcheck.command`, `volumes[].name`. */
function fieldsOf(schema: JsonSchema, root: JsonSchema, path = ''): string[] {
  const target = schema.$ref ? root.$defs?.[schema.$ref.replace('#/$defs/', '')] : undefined;
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    const below = path === '' ? key : `${path}.${key}`;
    return [below, ...fieldsOf(member, root, below)];
  });
  return [
    ...(target ? fieldsOf(target, root, path) : []),
    ...(schema.anyOf ?? []).flatMap((one) => fieldsOf(one, root, path)),
    ...(schema.items ? fieldsOf(schema.items, root, `${path}[]`) : []),
    ...own,
  ];
}

function usedBy(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => usedBy(item, `${path}[]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .flatMap(([key, member]) => {
      const below = path === '' ? key : `${path}.${key}`;
      return [below, ...usedBy(member, below)];
    });
}

/** Fields with a test of their own (`caches.test.ts`), and those that no other applier takes: its provider gives a file no owner. */
const elsewhere = (field: string) => field.startsWith('caches') || field.endsWith('files[].owner');

test.skipIf(!dockerAvailable())('at least 12 specs, and between them every field of a spec', async () => {
  const files = await Promise.all(Object.values(specs).map((make) => make()));
  expect(files.length).toBeGreaterThanOrEqual(12);
  // The tests give each its name and its backend.
  const used = new Set(['name', 'backend', ...files.flatMap((file) => usedBy(file))]);
  const fields = new Set(fieldsOf(jsonSchema(backendNames), jsonSchema(backendNames)));
  expect(fields.size).toBeGreaterThan(50);
  expect([...fields].filter((field) => !used.has(field) && !elsewhere(field))).toEqual([]);
});

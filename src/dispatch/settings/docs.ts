import type * as z from 'zod';
import { type Kind, serveSchema } from './schema.js';

const marks = { begin: '<!-- generated: settings -->', end: '<!-- end of the settings -->' };

/** Returns the page docs/serve.md with its table of settings replaced. */
export function withSettingsTable(page: string, kinds: readonly Kind[]): string {
  const [before, rest = ''] = page.split(marks.begin);
  const after = rest.split(marks.end)[1];
  if (after === undefined) throw new Error(`the page has no place for the settings: ${marks.begin} … ${marks.end}`);
  const rows = [...rowsOf(serveSchema(kinds), 'serve')];
  return `${before}${marks.begin}\n${['| key | default | meaning |', '| --- | --- | --- |', ...new Set(rows)].join('\n')}\n${marks.end}${after}`;
}

/** A row for each key, in Markdown, with those of the mappings in it behind it. */
function* rowsOf(schema: z.core.$ZodType, path: string): Generator<string> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') yield* rowsOf(def.innerType, path);
  else if (def.type === 'array') yield* rowsOf(def.element, `${path}[]`);
  else if (def.type === 'record') yield* rowsOf(def.valueType, `${path}.NAME`);
  else if (def.type === 'union') for (const option of def.options) yield* rowsOf(option, path);
  else if (def.type === 'object')
    for (const [key, field] of Object.entries(def.shape)) yield* rowsOfKey(field as z.ZodType, `${path}.${key}`);
}

function* rowsOfKey(field: z.ZodType, path: string): Generator<string> {
  const { description } = field.meta() ?? {};
  if (description !== undefined) yield `| \`${path}\` | ${defaultOf(field)} | ${description} |`;
  yield* rowsOf(field, path);
}

function defaultOf(field: z.ZodType): string {
  const { def } = (field as unknown as z.core.$ZodTypes)._zod;
  const value = def.type === 'default' || def.type === 'prefault' ? def.defaultValue : undefined;
  return typeof value === 'number' || typeof value === 'string' ? `\`${value}\`` : '';
}

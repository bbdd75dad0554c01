import { type JsonSchema, jsonSchema } from './json-schema.js';
import { formatPath, type Path } from './path.js';
import { nearest } from './suggest.js';
import { meantBy, unitOf } from './units.js';

/** The schema of the field at `path`, with its description and examples. */
function schemaAt(path: Path): JsonSchema | undefined {
  const root = jsonSchema();
  let schema: JsonSchema | undefined = root;
  for (const part of path) {
    const object: JsonSchema | undefined = shapes(schema, root).find((one) =>
      typeof part === 'number' ? one.items : (one.properties ?? one.additionalProperties),
    );
    schema = typeof part === 'number' ? object?.items : (object?.properties?.[part] ?? asSchema(object?.additionalProperties));
  }
  return schema;
}

const asSchema = (value: JsonSchema | boolean | undefined) => (typeof value === 'object' ? value : undefined);

/** All schemas that a value may match: the schema, its alternatives, and the targets of its references. */
function shapes(schema: JsonSchema | undefined, root: JsonSchema): JsonSchema[] {
  if (!schema) return [];
  const named = schema.$ref?.replace('#/$defs/', '');
  const target = named === undefined ? undefined : root.$defs?.[named];
  return [schema, ...shapes(target, root), ...(schema.anyOf ?? []).flatMap((one) => shapes(one, root))];
}

export function knownKeys(path: Path): string[] {
  const object = shapes(schemaAt(path), jsonSchema()).find((one) => one.properties);
  return Object.keys(object?.properties ?? {}).filter((key) => key !== '$schema');
}

/** Titles, as in the documentation, of the objects that have this key. */
export function ownersOf(key: string): string[] {
  const root = jsonSchema();
  const owners = Object.values(root.$defs ?? {}).filter((one) => one.properties && Object.hasOwn(one.properties, key));
  const titles = owners.map((one) => one.title ?? '');
  return root.properties && Object.hasOwn(root.properties, key) ? ['the top of the file', ...titles] : titles;
}

/** The remedy for a wrong value at `path`. `value` is `undefined` if it is missing, or may be a secret. */
export function remedyAt(path: Path, value: unknown, verb: 'add' | 'write'): string {
  const field = path.at(-1);
  const unit = unitOf(field);
  const meant = unit && meantBy(value, unit);
  if (meant !== undefined && meant !== value) return `${verb} \`${field}: ${meant}\`, in ${unit}`;
  const schema = schemaAt(path);
  const all = shapes(schema, jsonSchema());
  // Where a mapping or a number is allowed as well, the words are not the only choices.
  const others = all.some(({ properties, type }) => properties || type === 'integer');
  const choices = all.flatMap((one) => one.enum ?? []).map(String);
  const near = typeof value === 'string' ? (otherArchs[value.toLowerCase()] ?? nearest(value, choices)) : undefined;
  if (near && choices.includes(near)) return `did you mean ${near}?`;
  if (choices.length > 0 && !others) return `${verb} one of ${choices.join(', ')}`;
  const [example] = schema?.examples ?? [];
  const meaning = schema?.description ? ` (${schema.description.replace(/\.$/, '')})` : '';
  if (example === undefined)
    return path.length === 0
      ? 'write a spec as lines of `key: value`: max_duration, cpu, memory and storage first'
      : `correct or remove ${formatPath(path)}${meaning}`;
  const shown = typeof example === 'string' ? example : JSON.stringify(example);
  return `${verb} for example \`${typeof field === 'string' ? `${field}: ` : ''}${shown}\`${meaning}`;
}

const otherArchs: Record<string, string> = { x86_64: 'amd64', x64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', armv8: 'arm64' };

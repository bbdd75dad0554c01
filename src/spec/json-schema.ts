import * as z from 'zod';
import { specSchema } from './schema.js';

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';

/** The part of JSON Schema (draft 2020-12) that the spec's schema uses. */
export interface JsonSchema {
  $schema?: string;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  type?: TypeName | TypeName[];
  enum?: unknown[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  patternProperties?: Record<string, JsonSchema | boolean>;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  pattern?: string;
  minLength?: number;
  minItems?: number;
  minimum?: number;
  maximum?: number;
}

/** Name of the definition of a text with `${env:…}` in it. Such a text is allowed wherever a scalar is. */
export const referenceName = 'Reference';

const made = new Map<string, JsonSchema>();

/**
 * JSON Schema of a spec file, for editors and for the documentation. Every call returns the same object: do not change it.
 *
 * @param backends the kinds of backends that there are; empty: any name is taken
 */
export function jsonSchema(backends: readonly string[] = []): JsonSchema {
  const key = backends.join();
  const schema = made.get(key) ?? make(backends);
  made.set(key, schema);
  return schema;
}

function make(backends: readonly string[]): JsonSchema {
  const { $schema, $defs, ...root } = z.toJSONSchema(specSchema, {
    io: 'input',
    target: 'draft-2020-12',
    // zod drops the default and the examples of a schema with a transform, because they could be of its output. Ours are of the input.
    override: ({ zodSchema, jsonSchema }) => {
      const { default: fallback, examples } = z.globalRegistry.get(zodSchema) ?? {};
      Object.assign(jsonSchema, fallback !== undefined && { default: fallback }, examples && { examples });
    },
  }) as JsonSchema;
  const { backend } = root.properties ?? {};
  if (backend && backends.length > 0) backend.anyOf = [{ type: 'string', enum: [...backends] }, { type: 'null' }];
  return {
    ...($schema !== undefined && { $schema }),
    title: 'mayfly spec',
    description: 'A temporary worker. Names and units are those of a Mélodium worker request. `null` means absent.',
    ...withReferences(root),
    patternProperties: { '^x-': true },
    $defs: {
      ...Object.fromEntries(Object.entries($defs ?? {}).map(([name, schema]) => [name, withReferences(schema)])),
      [referenceName]: {
        type: 'string',
        description: 'A value with `${env:NAME}` or `${env:NAME:-default}` in it.',
        pattern: '\\$\\{(env|hash):',
      },
    },
  };
}

/** Adds references to variables as an alternative to each scalar whose schema does not accept every string already. */
function withReferences(schema: JsonSchema): JsonSchema {
  const result: JsonSchema = { ...schema };
  if (schema.properties)
    result.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, one]) => [key, withReferences(one)]));
  if (schema.items) result.items = withReferences(schema.items);
  const alternatives = (schema.anyOf ?? []).flatMap((one) => one.anyOf ?? [one]);
  if (schema.anyOf) result.anyOf = alternatives.map((one) => (isNarrow(one) ? one : withReferences(one)));
  if (alternatives.some(isNarrow)) return { ...result, anyOf: [...(result.anyOf ?? []), { $ref: `#/$defs/${referenceName}` }] };
  if (!isNarrow(schema)) return result;
  const { title, description, default: fallback, examples, ...own } = result;
  const about = { title, description, default: fallback, examples };
  const annotations = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
  return { ...annotations, anyOf: [own, { $ref: `#/$defs/${referenceName}` }] };
}

function isNarrow(schema: JsonSchema): boolean {
  const types = [schema.type ?? []].flat();
  const limited = types.some((type) => ['integer', 'number', 'boolean'].includes(type)) && !types.includes('string');
  return limited || schema.enum !== undefined || schema.pattern !== undefined;
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type JsonSchema, jsonSchema } from '../../src/spec/json-schema.js';
import { parseSpec } from '../../src/spec/parse.js';
import { specReference } from '../../src/spec/reference.js';
import { fileOf, workerSpec } from './arbitrary.js';
import { base, options, request } from './support.js';
import { backendNames } from '../../src/runtime/backend-names.js';

/** A validator for the keywords that the schema uses; an unknown one fails, so that none goes unchecked. */
function accepts(schema: JsonSchema, value: unknown, root = jsonSchema(backendNames)): boolean {
  return Object.entries(schema).every(([keyword, wanted]) => {
    const is = (type: string) => {
      if (type === 'null') return value === null;
      if (type === 'array') return Array.isArray(value);
      if (type === 'integer') return Number.isInteger(value);
      if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
      return typeof value === type;
    };
    const entries = is('object') ? Object.entries(value as object) : [];
    switch (keyword) {
      case '$schema':
      case '$defs':
      case 'title':
      case 'description':
      case 'default':
      case 'examples':
      case 'id':
        return true;
      case '$ref': {
        const target = root.$defs?.[String(wanted).replace('#/$defs/', '')];
        return target !== undefined && accepts(target, value, root);
      }
      case 'type':
        return [wanted].flat().some(is);
      case 'enum':
        return (wanted as unknown[]).includes(value);
      case 'anyOf':
        return (wanted as JsonSchema[]).some((one) => accepts(one, value, root));
      case 'properties':
        return Object.entries(wanted as object).every(
          ([key, one]) => !is('object') || !Object.hasOwn(value as object, key) || accepts(one, (value as never)[key], root),
        );
      case 'required':
        return !is('object') || (wanted as string[]).every((key) => Object.hasOwn(value as object, key));
      case 'patternProperties':
        return Object.entries(wanted as object).every(([pattern, one]) =>
          entries.every(([key, value]) => !new RegExp(pattern).test(key) || one === true || accepts(one as JsonSchema, value, root)),
        );
      case 'propertyNames':
        return entries.every(([key]) => accepts(wanted as JsonSchema, key, root));
      case 'additionalProperties':
        return entries.every(
          ([key, one]) =>
            Object.hasOwn(schema.properties ?? {}, key) ||
            Object.keys(schema.patternProperties ?? {}).some((pattern) => new RegExp(pattern).test(key)) ||
            (typeof wanted === 'object' ? accepts(wanted as JsonSchema, one, root) : wanted),
        );
      case 'items':
        return !Array.isArray(value) || value.every((one) => accepts(wanted as JsonSchema, one, root));
      case 'pattern':
        return typeof value !== 'string' || new RegExp(wanted as string).test(value);
      case 'minLength':
        return typeof value !== 'string' || value.length >= (wanted as number);
      case 'minItems':
        return !Array.isArray(value) || value.length >= (wanted as number);
      case 'minimum':
        return typeof value !== 'number' || value >= (wanted as number);
      case 'maximum':
        return typeof value !== 'number' || value <= (wanted as number);
      default:
        throw new Error(`the validator does not know ${keyword}`);
    }
  });
}

test('the JSON Schema is the one that reviewers read', async () => {
  await expect(`${JSON.stringify(jsonSchema(backendNames), null, 2)}\n`).toMatchFileSnapshot('../golden/spec.schema.json');
});

test('the reference has a row for every field, and a section for every object', () => {
  const reference = specReference(['docker', 'process', 'aws']);
  for (const object of [jsonSchema(backendNames), ...Object.values(jsonSchema(backendNames).$defs ?? {}).filter((one) => one.properties)]) {
    if (object.title !== 'mayfly spec') expect(reference).toContain(`## \`${object.title}\``);
    for (const [key, field] of Object.entries(object.properties ?? {})) {
      const rows = reference.split('\n').filter((line) => line.startsWith(`| \`${key}\` | `));
      expect(rows.filter((row) => row.includes(` | ${field.description}`))).not.toEqual([]);
    }
  }
  expect(reference).toContain('| `memory` | whole number, at least 6, or with a unit | – |');
  expect(reference).toContain('| `create_timeout` | whole number, 1 … 2592000, or with a unit | `600` |');
});

describe('what parse accepts, the JSON Schema accepts', () => {
  const files: Record<string, string> = {
    'the least': base,
    'a request': request,
    'all null': `${base}${['name', 'create_timeout', 'arch', 'engine', 'volumes', 'containers', 'access', 'tags', 'mode', 'config'].map((key) => `${key}: null\n`).join('')}`,
    'durations and commands': `${base}engine: {image: a, command: x, env: {A: 1, B: true}, healthcheck: {command: [CMD, x], interval: 500ms, timeout: 1.5}}\n`,
    references: `${base.replace('256', '${env:MEM:-256}')}name: x\${env:N:-y}\narch: \${env:ARCH:-amd64}\naccess: {tls: "\${env:TLS:-true}", bind: "\${env:BIND:-::1}"}\n`,
  };
  test.each(Object.entries(files))('%s', (_name, text) => {
    parseSpec(text, options);
    expect(accepts(jsonSchema(backendNames), parse(text))).toBe(true);
  });

  test('any valid spec', () => {
    fc.assert(
      fc.property(workerSpec, (spec) => accepts(jsonSchema(backendNames), fileOf(spec))),
      { numRuns: 100 },
    );
  });
});

describe('what the JSON Schema refuses', () => {
  const files: Record<string, string> = {
    'an unknown key': `${base}colour: red\n`,
    'a missing field': 'cpu: 1\n',
    'a text for a number': base.replace('256', 'lots'),
    'null for a required field': base.replace('60', 'null'),
    'a bad name': `${base}name: A B\n`,
    'an unknown key of a container': `${base}containers: [{name: a, image: b, cpu: 1, memory: 6, storage: 0, healthcheck: {}}]\n`,
    'a bad variable name': `${base}engine: {image: a, env: {9a: b}}\n`,
  };
  test.each(Object.entries(files))('%s', (_name, text) => {
    expect(accepts(jsonSchema(backendNames), parse(text))).toBe(false);
  });
});

test('every field of every object is described', () => {
  const objects = [jsonSchema(backendNames), ...Object.values(jsonSchema(backendNames).$defs ?? {})];
  const bare = objects.flatMap((one) => Object.entries(one.properties ?? {})).filter(([, field]) => !field.description);
  expect(bare.map(([key]) => key)).toEqual([]);
});

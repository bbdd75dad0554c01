import type { AttributeSchema, ResourceSchema, Value, ValueType } from '../../../plan/resource-schema.js';

// Building blocks for schemas of the AWS provider's resources.

const provider = 'registry.terraform.io/hashicorp/aws';

type Fields = Record<string, ValueType>;

export const text: AttributeSchema = { type: 'string' };
export const fixed: AttributeSchema = { type: 'string', replaces: true };
/** A value that only AWS decides. */
export const computed: AttributeSchema = { type: 'string', computed: true };
export const name: AttributeSchema = { type: 'string', computed: true, replaces: true };
export const flag = (value: boolean): AttributeSchema => ({ type: 'bool', default: value });
export const tags: Record<string, AttributeSchema> = {
  tags: { type: { map: 'string' } },
  tags_all: { type: { map: 'string' }, computed: true },
};
export const named: Record<string, AttributeSchema> = { id: computed, name, name_prefix: name };
export const regional: Record<string, AttributeSchema> = { region: { type: 'string', computed: true, replaces: true } };
/** Blocks that mayfly's stacks never use: empty lists in the state. */
export const unused: AttributeSchema = { type: { list: { object: {} } } };
export const unusedIn: ValueType = { list: { object: {} } };
export const timeouts: AttributeSchema = { type: { object: {} } };
export const strings: ValueType = { list: 'string' };
export const stringSet: ValueType = { set: 'string' };
export const blocks = (object: Fields, defaults: Record<string, Value> = {}): ValueType => ({ list: { object, defaults } });

/** The state's `private`, as the provider's plugin SDK writes it: its own timeouts in nanoseconds, and the schema's version. */
function privateOf(version: number, minutes?: Record<string, number>): { private?: string } {
  const own = minutes && Object.fromEntries(Object.entries(minutes).map(([key, value]) => [key, value * 60e9]));
  const content = {
    ...(own && { 'e2bfb730-ecaa-11e6-8f88-34363bc7c4c0': own }),
    ...(version > 0 && { schema_version: String(version) }),
  };
  return Object.keys(content).length === 0 ? {} : { private: Buffer.from(JSON.stringify(content)).toString('base64') };
}

export function schema(
  type: string,
  attributes: Record<string, AttributeSchema>,
  { version = 0, minutes }: { version?: number; minutes?: Record<string, number> } = {},
): ResourceSchema {
  return { type, version, provider, attributes, ...privateOf(version, minutes) };
}

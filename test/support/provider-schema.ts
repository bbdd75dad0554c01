import { readFileSync } from 'node:fs';

/** A type in cty's JSON notation: `string`, `["set", "string"]`, `["object", {…}]`. */
export type CtyType = string | [kind: string, of: CtyType | Record<string, CtyType>];

export interface AttributeDoc {
  type: CtyType;
  required?: true;
  optional?: true;
  computed?: true;
}

export interface BlockDoc {
  attributes?: Record<string, AttributeDoc>;
  block_types?: Record<string, { nesting_mode: 'set' | 'list' | 'single'; block: BlockDoc; min_items?: number; max_items?: number }>;
}

interface SchemaFile {
  provider_schemas: Record<
    string,
    { provider: { block: BlockDoc }; resource_schemas: Record<string, { version: number; block: BlockDoc }> }
  >;
}

/** What the real providers say of their resource types; see test/fixtures/README.md. */
export const dockerProvider = provider('docker-3.6', 'registry.terraform.io/kreuzwerker/docker');
export const awsProvider = provider('aws-6', 'registry.terraform.io/hashicorp/aws');

function provider(file: string, address: string) {
  const path = new URL(`../fixtures/schemas/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as SchemaFile).provider_schemas[address]!;
}

/** A resource type's schema by its name. */
export function resourceDoc(type: string): { version: number; block: BlockDoc } {
  const doc = dockerProvider.resource_schemas[type] ?? awsProvider.resource_schemas[type];
  if (!doc) throw new Error(`the fixture has no ${type}`);
  return doc;
}

/** A block as the type that its values have in the state. */
export function typeOf(block: BlockDoc): CtyType {
  const attributes = Object.entries(block.attributes ?? {}).map(([key, { type }]): [string, CtyType] => [key, type]);
  const blocks = Object.entries(block.block_types ?? {}).map(([key, nested]): [string, CtyType] => {
    const of = typeOf(nested.block);
    return [key, nested.nesting_mode === 'single' ? of : [nested.nesting_mode, of]];
  });
  return ['object', Object.fromEntries([...attributes, ...blocks])];
}

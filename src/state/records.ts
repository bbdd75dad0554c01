import type { Output } from '../plan/outputs.js';
import type { Attributes, ResourceSchema } from '../plan/resource-schema.js';
import { canonical } from '../plan/values.js';
import type { StateFile, StateInstance, StateOutput, StateResource } from './state-file.js';
import { addressOf } from '../spec/address.js';

/** One resource in the state. */
export interface StateRecord {
  type: string;
  name: string;
  attributes: Attributes;
  /** Addresses of all direct and indirect dependencies. */
  dependencies: string[];
  tainted: boolean;
  /** Attributes whose values came from sensitive variables. */
  sensitive: string[];
}

/** The state in memory. Keys of `records`: addresses. */
export interface State {
  /** `null` before the first write. */
  lineage: string | null;
  serial: number;
  records: Map<string, StateRecord>;
  outputs: Record<string, Output>;
}

export function emptyState(): State {
  return { lineage: null, serial: 0, records: new Map(), outputs: {} };
}

/** The oldest Terraform that can read mayfly's states. A newer Terraform replaces this version at its first write. */
const terraformVersion = '1.5.0';

/** Resources are sorted by type, then by name, as in Terraform. */
export function encodeState(state: State & { lineage: string }, schemas: (type: string) => ResourceSchema): StateFile {
  const sorted = [...state.records].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version: 4,
    terraform_version: terraformVersion,
    serial: state.serial,
    lineage: state.lineage,
    outputs: Object.fromEntries(Object.entries(state.outputs).map(([name, output]) => [name, encodeOutput(output)])),
    resources: sorted.map(([, record]) => encodeResource(record, schemas(record.type))),
    check_results: null,
  };
}

function encodeOutput({ value, type, sensitive }: Output): StateOutput {
  return { value, type, ...(sensitive && { sensitive: true as const }) };
}

function encodeResource(record: StateRecord, schema: ResourceSchema): StateResource {
  const { type, name, attributes, dependencies, tainted, sensitive } = record;
  const instance: StateInstance = {
    ...(tainted && { status: 'tainted' as const }),
    schema_version: schema.version,
    attributes: Object.fromEntries(
      Object.keys(schema.attributes)
        .sort()
        .map((key) => [key, attributes[key] ?? null]),
    ),
    sensitive_attributes: sensitive.map((key) => [{ type: 'get_attr', value: key }]),
    ...(schema.private !== undefined && { private: schema.private }),
    ...(dependencies.length > 0 && { dependencies }),
  };
  return { mode: 'managed', type, name, provider: `provider["${schema.provider}"]`, instances: [instance] };
}

export function decodeState(file: StateFile): State {
  const records = file.resources
    .filter(({ mode, instances }) => mode === 'managed' && instances.length > 0)
    .map(({ type, name, instances: [instance] }): [string, StateRecord] => [
      addressOf(type, name),
      {
        type,
        name,
        attributes: instance.attributes,
        dependencies: instance.dependencies ?? [],
        tainted: instance.status === 'tainted',
        sensitive: (instance.sensitive_attributes as { value?: unknown }[][]).flatMap((path) =>
          path.length === 1 && typeof path[0]?.value === 'string' ? [path[0].value] : [],
        ),
      },
    ]);
  const outputs = Object.entries(file.outputs).map(([name, { value, type, sensitive }]): [string, Output] => [
    name,
    { value, type, sensitive: sensitive ?? false },
  ]);
  return { lineage: file.lineage, serial: file.serial, records: new Map(records), outputs: Object.fromEntries(outputs) };
}

/** Names of the outputs that differ, sorted. */
export function changedOutputs(a: Record<string, Output>, b: Record<string, Output>): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => canonical(a[name]?.value ?? null) !== canonical(b[name]?.value ?? null)).sort();
}

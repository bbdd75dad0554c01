import type { Path } from '../../spec/path.js';
import type { OutsideRules } from './rules.js';

export interface Fault {
  cause: string;
  remedy: string;
  /** Path below the field. */
  at?: Path;
}

export interface Checked {
  rules: OutsideRules;
  /** The mapping that has the field. */
  parent: Readonly<Record<string, unknown>>;
}

/** Returns the faults of a field's value, which is not `null`. It may have any form: the schema is checked apart. */
export type Check = (value: unknown, context: Checked) => Fault[];

/** The rule for a field of a spec from outside. */
export interface Row {
  /** For people: the cell of the table in docs/serve.md. */
  says: string;
  check?: Check;
  /** The section of the table for the mappings in this field. */
  section?: SectionName;
  /** The field has no effect, and is dropped. */
  dropped?: true;
  /** The most characters of each text in the field. Default: 4096. */
  characters?: number;
  /** The most entries of a list. */
  entries?: number;
}

/** The mappings of a spec, by their titles in docs/spec.md; `top` is the spec itself, `texts` holds rules for every text in it. */
export const sectionNames = [
  'top',
  'engine',
  'containers[]',
  'service_containers[]',
  'healthcheck',
  'files[]',
  'mounts[]',
  'volumes[]',
  'caches[]',
  'copy[]',
  'artifacts[]',
  'retain',
  'access',
  'ports[]',
  'texts',
] as const;
export type SectionName = (typeof sectionNames)[number];

export type Table = Readonly<Record<SectionName, Readonly<Record<string, Row>>>>;

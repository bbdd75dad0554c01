/** A resource type for the planner: the provider's schema, and facts that it does not publish (defaults, changes that need a replacement). */
export interface ResourceSchema {
  type: string;
  /** `schema_version` in the state. */
  version: number;
  /** `registry.terraform.io/kreuzwerker/docker`. */
  provider: string;
  attributes: Record<string, AttributeSchema>;
  /** The state's `private`, byte for byte as the provider writes it. */
  private?: string;
}

export interface AttributeSchema {
  type: ValueType;
  /** The value that the provider fills in for an absent attribute. */
  default?: Value;
  /** The backend fills in an absent attribute. Its value is then no change, unless `Driver.completion` gives another one. */
  computed?: true;
  /** A change of the attribute needs a new resource: the provider's rule. */
  replaces?: true;
  /** The same as a rule of our own, which the provider does not have: whether a resource with these attributes needs it. */
  replacesOurs?: (prior: Attributes) => boolean;
  /** The provider plans a change in place, but does not make it: only a replacement brings the new value. */
  providerKeeps?: true;
  /** The value differs after each start: it is no drift. */
  volatile?: true;
  /** Whether the provider reads this value as the wanted one, and so does not see the difference. */
  unseen?: (before: Value) => boolean;
  /** The values may be secret: they are never shown, only that they change. */
  secret?: true;
  /** A value's meaning: values with the same meaning are no difference. Default: the value itself. */
  meaning?: (value: Value) => Value;
  /** The backend gets the value, but no plan and no state stores it, and it is never a difference. */
  writeOnly?: true;
}

export type ValueType =
  | 'string'
  | 'number'
  | 'bool'
  | { list: ValueType }
  | { set: ValueType }
  | { map: ValueType }
  /** Nested blocks and objects. `defaults` holds the values of absent members; the backend fills in `computed` members. */
  | { object: Record<string, ValueType>; defaults?: Record<string, Value>; computed?: string[] };

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Attributes = Record<string, Value>;

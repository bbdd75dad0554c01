/** What the planner must know of a resource type: the provider's schema, plus what it does not publish (defaults, what forces a replacement). */
export interface ResourceSchema {
  type: string;
  /** Of the state's `schema_version`. */
  version: number;
  /** `registry.terraform.io/kreuzwerker/docker`. */
  provider: string;
  attributes: Record<string, AttributeSchema>;
  /** The state's `private`, byte for byte as the provider writes it. */
  private?: string;
}

export interface AttributeSchema {
  type: ValueType;
  /** What the provider fills in for an absent one. */
  default?: Value;
  /** Filled in by the backend when absent; then whatever it says is no change, unless the driver knows better (`Driver.completion`). */
  computed?: true;
  /**
   * A change of it needs a new resource. A function decides from the old attributes (a container that others joined is not
   * restarted in place).
   */
  replaces?: true | ((prior: Attributes) => boolean);
  /** The provider plans to change it in place and then does not: only a replacement brings the new value. */
  providerKeeps?: true;
  /** Whether the provider reads such a value as the wanted one: it sees no difference where there is one. */
  unseen?: (before: Value) => boolean;
  /** Values may be secret: never shown, only said to have changed. */
  secret?: true;
  /** What a value stands for: values of equal meaning are no difference, however they are spelled. Default: the value itself. */
  meaning?: (value: Value) => Value;
  /** Given to the backend and written down nowhere: it is in no plan and no state, and never a difference. */
  writeOnly?: true;
}

export type ValueType =
  | 'string'
  | 'number'
  | 'bool'
  | { list: ValueType }
  | { set: ValueType }
  | { map: ValueType }
  /** Nested blocks and objects; `defaults` are those of absent members, `computed` members are filled in by the backend. */
  | { object: Record<string, ValueType>; defaults?: Record<string, Value>; computed?: string[] };

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Attributes = Record<string, Value>;

import type { Making, VariableSource } from '../backends/ports/making.js';
import type { BirthVariables } from './birth.js';
import type { Stack, Variables } from '../plan/stack.js';

export interface DrawOptions extends VariableSource {
  newId(): string;
  /** The origin of the spec, as `loadSpec` returns it; empty: no file. */
  origin: string;
  /** The process that `run` makes the worker for, as `identityName` writes it; empty: none. */
  runner: string;
  birth: BirthVariables;
}

/**
 * The values of a stack's variables: from the spec, else the stored ones, else new ones. The backend adds the values of its own
 * variables.
 */
export async function variablesOf(stack: Stack, backend: Pick<Making, 'ownVariables'>, options: DrawOptions): Promise<Variables> {
  const { spec, kept, living, newId, origin, runner, birth } = options;
  const values: Record<string, () => string> = {
    remote_key: () => kept['remote_key'] ?? newId(),
    self_key: () => spec.self_key ?? kept['self_key'] ?? newId(),
    run_id: () => kept['run_id'] ?? newId(),
    group_id: () => spec.group_id ?? kept['group_id'] ?? newId(),
    until: () => birth.until,
    asks: () => birth.asks,
    dispatcher: () => birth.dispatcher,
    spec_name: () => birth.spec_name,
    origin: () => origin,
    runner: () => (living ? kept['runner'] : undefined) ?? runner,
    // Known once the worker is ready.
    address: () => (living ? kept['address'] : undefined) ?? '',
  };
  const names = Object.keys(stack.variable ?? {});
  const drawn = Object.fromEntries(names.flatMap((name) => (values[name] ? [[name, values[name]()]] : [])));
  return { ...drawn, ...(await backend.ownVariables(names, options, drawn)) };
}

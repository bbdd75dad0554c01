import { type Path, setAt } from '../../spec/path.js';
import { isMapping, visitFields } from './fields.js';
import { outsideTable } from './table.js';

/** Secret values by their JSON Pointers, such as `/engine/env/TOKEN`. */
export type SpecSecrets = Readonly<Record<string, unknown>>;

export interface Split {
  /** The spec with a placeholder for each secret value. */
  public: unknown;
  secrets: SpecSecrets;
}

/** Stands in the public part for a secret. */
export const placeholder = '(secret)';

/** Splits a spec of `loadOutside` into a public part and its secrets. */
export function splitSecrets(spec: unknown): Split {
  const copy: unknown = structuredClone(spec);
  const secrets: Record<string, unknown> = {};
  const hide = (path: Path, value: unknown) => {
    secrets[pointerOf(path)] = value;
    setAt(copy, path, placeholder);
  };
  visitFields(spec, outsideTable, ({ path, row, value }) => {
    if (row.secret === 'entries' && isMapping(value)) for (const [key, one] of Object.entries(value)) hide([...path, key], one);
    else if (row.secret !== undefined) hide(path, value);
    return true;
  });
  return { public: copy, secrets };
}

/** The spec that `splitSecrets` has split. */
export function joinSecrets({ public: shown, secrets }: Split): unknown {
  const copy: unknown = structuredClone(shown);
  for (const [pointer, value] of Object.entries(secrets)) setAt(copy, pathOf(pointer), value);
  return copy;
}

function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

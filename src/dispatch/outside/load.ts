import { MayflyError, type Problem } from '../../errors.js';
import type { LoadedSpec, ParseOptions } from '../../spec/loaded-spec.js';
import { parseSpec } from '../../spec/parse.js';
import { formatPath } from '../../spec/path.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import { type Field, isMapping, textsOf, visitFields } from './fields.js';
import type { OutsideRules } from './rules.js';
import type { Checked, Table } from './row.js';
import { type PlacedFault, shapeFaults } from './shape.js';
import { outsideTable } from './table.js';

/** Guards that keep a spec from the server's own things. Tests take them away, one at a time. */
export interface Guards {
  shape: (value: unknown) => PlacedFault[];
  table: Table;
  /** Access to the server's environment and files while a spec is parsed. */
  parsing: Pick<ParseOptions, 'env' | 'readFile'>;
}

export const allGuards: Guards = { shape: shapeFaults, table: outsideTable, parsing: { env: {} } };

export interface OutsideSpec {
  /** Its name is `worker` if the spec has none. Its `organization_id` is the organisation of the rules. */
  spec: WorkerSpec;
  warnings: Problem[];
}

/**
 * Reads a spec that arrived over HTTP, as a JSON value: a spec as in a file, or a request of Mélodium. It is not trusted: it may use nothing
 * of the server's files, environment and programs that the rules do not allow.
 *
 * @throws MayflyError `spec_invalid` with all faults. Places have paths such as `containers[0].image`
 */
export function loadOutside(value: unknown, rules: OutsideRules, guards: Guards = allGuards): OutsideSpec {
  const unsafe = guards.shape(value);
  if (unsafe.length > 0) throw invalid(unsafe.map(problemOf));
  const written = withoutDropped(value, guards.table);
  const refused = faultsOf(written, rules, guards.table).map(problemOf);
  const { loaded, problems } = parse(written, rules, guards);
  const all = [...refused, ...problems.filter(({ place }) => !refused.some((one) => isBelow(place?.path ?? '', one.place?.path ?? '')))];
  if (all.length > 0 || !loaded) throw invalid(all);
  return { spec: secured(loaded.spec, rules), warnings: loaded.warnings.map(withoutPosition) };
}

/** Fields without an effect may hold anything, so they are not checked. */
function withoutDropped(value: unknown, { top }: Table): unknown {
  if (!isMapping(value)) return value;
  const isDropped = (key: string) => key.startsWith('x-') || (Object.hasOwn(top, key) && top[key]?.dropped === true);
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isDropped(key)));
}

function faultsOf(value: unknown, rules: OutsideRules, table: Table): PlacedFault[] {
  const faults: PlacedFault[] = [];
  visitFields(value, table, (field) => {
    const own = faultsOfField(field, { rules, parent: field.parent });
    faults.push(...own);
    // Faults in a refused mapping would be consequences.
    return own.length === 0;
  });
  const inTexts = textsOf(value).flatMap(({ path, text }) =>
    Object.values(table.texts).flatMap(({ check }) => (check?.(text, { rules, parent: {} }) ?? []).map((fault) => ({ ...fault, path }))),
  );
  return [...faults, ...inTexts];
}

function faultsOfField({ path, row, value }: Field, context: Checked): PlacedFault[] {
  const { check, section, characters = 4096, entries = Infinity } = row;
  const found = (check?.(value, context) ?? []).map(({ at = [], ...fault }) => ({ ...fault, path: [...path, ...at] }));
  if (found.length > 0) return found;
  if (Array.isArray(value) && value.length > entries) return [{ path, cause: `has more than ${entries} entries`, remedy: 'write fewer' }];
  if (section !== undefined) return [];
  return textsOf(value, path).flatMap((one) =>
    one.text.length > characters
      ? [{ path: one.path, cause: `is longer than ${characters} characters`, remedy: 'shorten it, or put it into an image' }]
      : [],
  );
}

function parse(
  value: unknown,
  { backends, melodium_images }: OutsideRules,
  { parsing }: Guards,
): { loaded?: LoadedSpec; problems: Problem[] } {
  const env = { ...parsing.env, MELODIUM_IMAGES_PULL_SOURCE: melodium_images };
  try {
    const text = JSON.stringify(value);
    return { loaded: parseSpec(text, { file: 'spec', defaultName: 'worker', directory: '/', backends, ...parsing, env }), problems: [] };
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    return { problems: error.problems.map(withoutPosition) };
  }
}

/** The positions are those in a text that nobody has written. */
function withoutPosition({ place, cause, remedy }: Problem): Problem {
  return { place: { path: place?.path ?? 'spec' }, cause, ...(remedy !== undefined && { remedy }) };
}

function secured(spec: WorkerSpec, { organisation }: OutsideRules): WorkerSpec {
  const secret = <T extends { env: Record<string, string>; secret_env: string[] }>(one: T): T => ({
    ...one,
    secret_env: Object.keys(one.env),
  });
  return {
    ...spec,
    organization_id: organisation,
    engine: spec.engine && secret(spec.engine),
    containers: spec.containers.map(secret),
    service_containers: spec.service_containers.map(secret),
  };
}

function problemOf({ path, cause, remedy }: PlacedFault): Problem {
  return { place: { path: formatPath(path) || 'spec' }, cause, remedy };
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
}

function invalid(problems: Problem[]): MayflyError {
  const [first = { cause: 'the spec is invalid' }] = problems;
  return new MayflyError('spec_invalid', { ...first, problems });
}

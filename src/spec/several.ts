import { isMap, isScalar } from 'yaml';
import { MayflyError, type Problem } from '../errors.js';
import type { LoadedSpec, ParseOptions } from './loaded-spec.js';
import type { Syntax } from './syntax.js';

/** Options that differ for each of several specs of a text. */
export type OfSeveral = Pick<ParseOptions, 'name' | 'defaultName' | 'oneOfSeveral'>;

/**
 * Parses several documents. Reports the problems of all at once, each with the worker's name before its path.
 * @throws MayflyError `spec_invalid`; `usage` if `name` is given
 */
export function parseAll(
  all: readonly Syntax[],
  parse: (syntax: Syntax, own: OfSeveral) => LoadedSpec,
  { file, name }: Pick<ParseOptions, 'file' | 'name'>,
): LoadedSpec[] {
  if (name !== undefined) {
    throw new MayflyError('usage', {
      place: { path: '--name' },
      cause: `${file} holds ${all.length} workers, but --name names one`,
      remedy: 'give each of them its own `name` in the file',
    });
  }
  const loaded: LoadedSpec[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, { line: number; column: number }>();
  for (const [index, syntax] of all.entries()) {
    const written = nameIn(syntax);
    const label = written?.value ?? `document ${index + 1}`;
    try {
      const one = parse(syntax, { name: undefined, defaultName: undefined, oneOfSeveral: true });
      loaded.push({ ...one, warnings: one.warnings.map((problem) => labelled(problem, label)) });
    } catch (error) {
      if (!(error instanceof MayflyError)) throw error;
      problems.push(...error.problems.map((problem) => labelled(problem, label)));
    }
    if (!written) continue;
    const place = syntax.position(written.offset);
    const first = seen.get(written.value);
    if (!first) seen.set(written.value, place);
    else {
      const cause = `two workers in this file have the same name: the first is at ${file}:${first.line}:${first.column}`;
      problems.push(labelled({ place: { file, ...place, path: 'name' }, cause, remedy: 'give one of them another name' }, label));
    }
  }
  if (problems.length === 0) return loaded;
  const [first = { cause: 'the spec is invalid' }] = problems;
  throw new MayflyError('spec_invalid', { ...first, problems });
}

/** The name as written in the document, and the offset of its key. */
function nameIn({ document }: Syntax): { value: string; offset: number } | null {
  const pair = isMap(document?.contents) ? document.contents.items.find(({ key }) => isScalar(key) && key.value === 'name') : undefined;
  if (!pair || !isScalar(pair.value) || typeof pair.value.value !== 'string') return null;
  return { value: pair.value.value, offset: (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? 0 };
}

function labelled(problem: Problem, label: string): Problem {
  return { ...problem, place: { ...problem.place, path: [label, problem.place?.path].filter(Boolean).join(': ') } };
}

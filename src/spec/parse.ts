import { isScalar } from 'yaml';
import { MayflyError, type Place, type Problem } from '../errors.js';
import { workerSpec } from './assemble.js';
import { hashCacheNames } from './cache-hash.js';
import { cachesApart, cachesDeclared, cachesUnique } from './cache-rules.js';
import { copiesFit } from './copy.js';
import { filesApart } from './file-rules.js';
import { limitHoldsCpu } from './cpu-limit.js';
import { type Draft, draftOf } from './draft.js';
import type { LoadedSpec, ParseOptions } from './loaded-spec.js';
import { problemsOf } from './issues.js';
import { idleHasImage, melodiumFieldsUsed, namesUnique, runsSomething } from './name-rules.js';
import { nameGrammar, namePattern, slug } from './names.js';
import { portsDiffer } from './port-rules.js';
import { portsApart } from './published-ports.js';
import { formatPath, type Path, setAt } from './path.js';
import { readNamedFiles } from './named-files.js';
import { generatedJson } from './generated-json.js';
import * as rules from './rules.js';
import { mountsAreEither, sourcesExist, sourcesInside } from './sources.js';
import { parseAll } from './several.js';
import { type SpecFile, specSchema } from './schema.js';
import { type Located, readSyntax, type Syntax } from './syntax.js';
import { readTree, type Spot, type Tree } from './tree.js';

const errorRules = [
  namesUnique,
  runsSomething,
  idleHasImage,
  rules.oneArchitecture,
  rules.volumesFit,
  rules.mountsFit,
  rules.mountsDeclared,
  rules.mountPointsApart,
  rules.onceUnchecked,
  copiesFit,
  mountsAreEither,
  limitHoldsCpu,
  filesApart,
  portsApart,
  cachesUnique,
  cachesDeclared,
  cachesApart,
];
function errorRulesFor(options: ParseOptions): readonly rules.Rule[] {
  const own = [...errorRules, sourcesExist(options)];
  return options.backends ? [rules.knownBackend(options.backends), ...own] : own;
}
function warningRulesFor(options: ParseOptions): readonly rules.Rule[] {
  return [melodiumFieldsUsed, rules.memoryVolumes, portsDiffer, sourcesInside(options)];
}

/** Parses a text of one spec (YAML or JSON). Throws one `spec_invalid` with all problems, in the text's order. */
export function parseSpec(text: string, options: ParseOptions): LoadedSpec {
  return parseGenerated(text, options) ?? parseOne(readSyntax(text), text, options);
}

/** Parses a text of one or more specs, each with its own name. Throws like `parseSpec`, with the problems of all specs. */
export function parseSpecs(text: string, options: ParseOptions): LoadedSpec[] {
  const generated = parseGenerated(text, options);
  if (generated) return [generated];
  const all = readSyntax(text);
  return all.length === 1
    ? [parseOne(all, text, options)]
    : parseAll(all, (syntax, own) => parseWritten(syntax, text, { ...options, ...own }), options);
}

function parseOne([syntax, second]: readonly [Syntax, ...Syntax[]], text: string, options: ParseOptions): LoadedSpec {
  if (!second) return parseWritten(syntax, text, options);
  const offset = second.document?.range?.[0] ?? second.problems[0]?.offset ?? 0;
  const cause = 'the file holds several workers, but only one is expected here';
  throw invalid([{ offset, path: '', cause, remedy: 'keep one spec in the file: end it before the second ---' }], syntax, options.file);
}

/** A fast path for JSON that a program wrote: five times as fast. `undefined` if the text holds a reference, or has an error or a warning. */
function parseGenerated(text: string, options: ParseOptions): LoadedSpec | undefined {
  const value = withoutExtensions(text.includes('${') ? undefined : generatedJson(text));
  const { data: file } = value === undefined ? {} : specSchema.safeParse(value);
  const draft = draftOf(value);
  if (!file || !draft) return undefined;
  const { value: name, problems } = nameOf(file, draft, options);
  const files = readNamedFiles(file, options);
  const valid =
    problems.length + files.problems.length === 0 &&
    [...errorRulesFor(options), ...warningRulesFor(options)].every((rule) => rule(draft, String).length === 0);
  return valid && name !== undefined ? { spec: workerSpec(file, draft, name, options, new Map(), files), warnings: [] } : undefined;
}

function parseWritten(syntax: Syntax, text: string, options: ParseOptions): LoadedSpec {
  const { document } = syntax;
  if (!document) throw invalid(syntax.problems, syntax, options.file);
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    throw invalid(
      [
        {
          offset: 0,
          path: '',
          cause: 'the file is empty',
          remedy: 'write a spec: max_duration, cpu, memory, storage and an engine at least',
        },
      ],
      syntax,
      options.file,
    );
  }
  const tree = readTree(document, text, options.env);
  if (tree.broken) throw invalid(tree.problems, syntax, options.file);

  tree.value = withoutExtensions(tree.value);
  const unhashed = hashCacheNames(tree.value, options);
  const { file, problems } = readFile(tree);
  const draft = draftOf(tree.value);
  const quote = quoteFrom(tree.spots);
  const run = (all: readonly rules.Rule[]) => (draft ? all.flatMap((rule) => rule(draft, quote)) : []);
  const name = nameOf(file, draft, options);
  const locate = (problem: rules.SpecProblem) => located(problem, tree.spots, syntax);
  const notReportedYet = (problem: rules.SpecProblem) => !tree.spots.get(formatPath(problem.path))?.failed;
  const files = file && readNamedFiles(file, options);
  const found = [
    ...tree.problems,
    ...[...problems, ...run(errorRulesFor(options)), ...name.problems, ...unhashed, ...(files?.problems ?? [])]
      .filter(notReportedYet)
      .map(locate),
  ];
  if (found.length > 0 || !file || !files || !draft || name.value === undefined) throw invalid(found, syntax, options.file);

  const warnings = run(warningRulesFor(options)).map(locate);
  return {
    spec: workerSpec(file, draft, name.value, options, tree.spots, files, syntax),
    warnings: inOrder(warnings, syntax, options.file),
  };
}

/** A spec without its keys `x-…`: as in compose files, they hold values for anchors and for other programs. */
function withoutExtensions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
}

/** Checks the values. A text that was exactly one `${env:…}`, and fails as a text, is tried as the number or boolean that it spells. */
function readFile(tree: Tree): { file: SpecFile | undefined; problems: rules.SpecProblem[] } {
  for (const spot of tree.spots.values()) {
    if (spot.spelling !== undefined && keepsSpelling.test(formatPath(spot.path))) setAt(tree.value, spot.path, spot.spelling);
  }
  const check = () => {
    const result = specSchema.safeParse(tree.value);
    return { file: result.data, problems: result.success ? [] : problemsOf(result.error.issues, tree.value, tree.spots) };
  };
  const first = check();
  let retyped = 0;
  for (const { path } of first.problems) {
    const typed = tree.spots.get(formatPath(path))?.typed;
    if (typed === undefined || typeof typed === 'string') continue;
    setAt(tree.value, path, typed);
    retyped += 1;
  }
  return retyped > 0 ? check() : first;
}

/** Paths of numbers that keep their spelling: `1.10` in an environment or a command is a text, not the number 1.1. */
const keepsSpelling =
  /(?:^engine|^(?:service_)?containers\[\d+\])\.(?:env(?:\.|\[")|(?:healthcheck\.)?command\[\d+\]$|entrypoint\[\d+\]$|user$|files\[\d+\]\.(?:mode|owner)$)/;

function nameOf(
  file: SpecFile | undefined,
  draft: Draft | undefined,
  options: ParseOptions,
): { value?: string; problems: rules.SpecProblem[] } {
  const wrong = (cause: string, remedy: string) => ({ problems: [{ path: ['name'], cause, remedy }] });
  if (options.name !== undefined) {
    if (namePattern.test(options.name)) return { value: options.name, problems: [] };
    return wrong(`the given name ${JSON.stringify(options.name)} ${nameGrammar}`, `choose another name, such as ${slug(options.name)}`);
  }
  if (file?.name) return { value: file.name, problems: [] };
  if (!draft || (draft.name ?? null) !== null) return { problems: [] };
  if (options.defaultName === undefined)
    return options.oneOfSeveral
      ? wrong('is required where a file holds several workers', 'add `name: my-worker`')
      : wrong('is required, because there is no file name to use instead', 'add `name: my-worker`, or give --name');
  if (namePattern.test(options.defaultName)) return { value: options.defaultName, problems: [] };
  return wrong(
    `the file's name ${JSON.stringify(options.defaultName)} is not a valid name for a worker: it ${nameGrammar}`,
    `add \`name: ${slug(options.defaultName)}\`, or give --name`,
  );
}

function quoteFrom(spots: Map<string, Spot>): rules.Quote {
  return (value, ...sources) => {
    const from = [...new Set(sources.flatMap((path) => spots.get(formatPath(path))?.from ?? []))];
    if (from.length > 0) return `the value of ${from.map((name) => `\${env:${name}}`).join(' and ')}`;
    return typeof value === 'number' ? `${value} MB` : JSON.stringify(value);
  };
}

/** Adds the offset of the problem's path, or of the nearest parent that the file holds. */
function located(problem: rules.SpecProblem, spots: Map<string, Spot>, syntax: Syntax): Located {
  const offset = (path: Path): number => spots.get(formatPath(path))?.offset ?? (path.length > 0 ? offset(path.slice(0, -1)) : 0);
  const other = problem.other && `: see ${formatPath(problem.other)} on line ${syntax.position(offset(problem.other)).line}`;
  return {
    offset: offset(problem.path),
    path: formatPath(problem.shown ?? problem.path),
    cause: problem.cause + (other ?? ''),
    remedy: problem.remedy,
  };
}

function inOrder(problems: Located[], syntax: Syntax, file: string): Problem[] {
  const once = new Map(problems.map((problem) => [`${problem.offset} ${problem.path} ${problem.cause}`, problem]));
  return [...once.values()]
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, path, cause, remedy }) => ({
      place: { file, ...syntax.position(offset), ...(path !== '' && { path }) } satisfies Place,
      cause,
      remedy,
    }));
}

function invalid(problems: Located[], syntax: Syntax, file: string): MayflyError {
  const all = inOrder(problems, syntax, file);
  const [first = { cause: 'the spec is invalid' }] = all;
  return new MayflyError('spec_invalid', { ...first, problems: all });
}

import type * as z from 'zod';
import { composeRemedy } from './compose-keys.js';
import { formatPath, type Path, valueAt } from './path.js';
import { knownKeys, ownersOf, remedyAt } from './remedies.js';
import type { SpecProblem } from './rules.js';
import { nearest } from './suggest.js';
import type { Spot } from './tree.js';

type Issue = z.core.$ZodIssue;

/** Turns the issues that zod found in `value` into problems of the spec. */
export function problemsOf(issues: Issue[], value: unknown, spots: Map<string, Spot>): SpecProblem[] {
  const reported = new Set<string>();
  return issues
    .flatMap((issue) => flatten(issue, []))
    .flatMap(({ issue, path }) => {
      // A value that fails several checks is wrong once; several unknown keys share their mapping's path.
      const place = formatPath(path);
      if (issue.code !== 'unrecognized_keys' && reported.has(place)) return [];
      if (issue.code !== 'unrecognized_keys') reported.add(place);
      if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
      const found = valueAt(value, path);
      if (issue.code === 'invalid_key') {
        const message = issue.issues[0]?.message ?? issue.message;
        // The key is not shown, because it may hold a secret, as in PASSWORD=secret.
        return [{ path, shown: path.slice(0, -1), cause: `a variable's name ${message}`, remedy: 'write NAME: value' }];
      }
      const missing = (found ?? null) === null && typeof path.at(-1) === 'string' && !isEnv(path);
      if (missing) return [{ path, cause: 'is required', remedy: remedyAt(path, undefined, 'add') }];
      const spot = spots.get(place);
      // A text in the place of a mapping or list may hold a secret, such as PASSWORD=secret.
      const kindOnly = path.length === 0 || path.at(-1) === 'env' || wantsMappingOrList(issue);
      const got = kindOnly && !spot?.from && typeof found === 'string' ? 'a string' : show(found, isSecret(path), spot);
      return [
        {
          path,
          cause: got === '' ? issue.message : `${issue.message}, got ${got}`,
          remedy: isEnv(path) && found === null ? emptyEnv(String(path.at(-1))) : remedyAt(path, spot?.from ? undefined : found, 'write'),
        },
      ];
    });
}

function wantsMappingOrList(issue: Issue): boolean {
  if (issue.code === 'invalid_union') return issue.errors.flat().some(wantsMappingOrList);
  return issue.code === 'invalid_type' && ['object', 'record', 'array'].includes(issue.expected);
}

/**
 * Replaces a failed union by the issues of the branch that the value was meant for: all issues of that branch are deeper in the value,
 * or are unknown keys. If there is no such branch, the union's own issue stays.
 */
function flatten(issue: Issue, prefix: Path): { issue: Issue; path: Path }[] {
  const path: Path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const deeper = issue.errors.find(
    (branch) => branch.length > 0 && branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
  return deeper ? deeper.flatMap((inner) => flatten(inner, path)) : [{ issue, path }];
}

function unknownKey(path: Path, key: string): SpecProblem {
  const keys = knownKeys(path);
  const near = nearest(key, keys);
  const owners = ownersOf(key);
  let remedy = `the keys here are ${keys.join(', ')}`;
  const compose = composeRemedy(path, key);
  if (compose !== undefined) remedy = compose;
  else if (near) remedy = `did you mean ${JSON.stringify(near)}?`;
  else if (owners.length > 0) remedy = `it belongs in ${owners.join(', ')}`;
  return { path: [...path, key], cause: `unknown key ${JSON.stringify(key.slice(0, 60))}`, remedy };
}

/** Describes a wrong value in an error: shortened, and without a value that may be a secret. */
function show(value: unknown, secret: boolean, spot: Spot | undefined): string {
  if (spot?.from) return `the value of ${spot.from.map((name) => `\${env:${name}}`).join(' and ')}`;
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'a mapping';
  if (secret) return typeof value === 'string' ? '' : `a ${typeof value}`;
  if (typeof value !== 'string') return (spot?.spelling ?? String(value)).slice(0, 40);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

/** In docker compose, `NAME:` without a value passes the user's variable on. A spec needs a reference for that. */
function emptyEnv(name: string): string {
  return `write \`${name}: ""\` for an empty value, or \`${name}: \${env:${name}}\` to pass your own variable on`;
}

const isEnv = (path: Path) => path.at(-2) === 'env';

function isSecret(path: Path): boolean {
  return (
    path.includes('env') ||
    path.includes('content') ||
    path.includes('pull_secret') ||
    path.includes('command') ||
    path.includes('entrypoint') ||
    path[0] === 'mode' ||
    path[0] === 'config'
  );
}

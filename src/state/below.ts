import { MayflyError } from '../errors.js';
import { isName, nameGrammar } from '../spec/names.js';

/**
 * Joins names to a root. All names from outside become paths through this function.
 *
 * @throws MayflyError `internal` if a name is not exactly one part of a path, because it could lead out of the root
 */
export function below(root: string, ...names: readonly string[]): string {
  const wrong = names.find((name) => name === '' || name === '.' || name === '..' || /[/\0]/.test(name));
  if (wrong === undefined) return [root, ...names].join('/');
  throw new MayflyError('internal', { cause: `${JSON.stringify(wrong)} is not a valid name for a file below ${root}` });
}

/** @returns the name. @throws MayflyError `usage` if it is not valid for a worker */
export function workerName(name: string): string {
  if (isName(name)) return name;
  throw new MayflyError('usage', {
    cause: `${JSON.stringify(name)} is not a valid name for a worker`,
    remedy: `a name ${nameGrammar}; see \`mayfly list\``,
  });
}

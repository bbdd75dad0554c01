import { MayflyError } from '../errors.js';
import { isName, nameGrammar } from '../spec/names.js';

/**
 * Joins names to a root: the one way in which names that come from outside become paths.
 *
 * @throws MayflyError `internal` where a name is not exactly one part of a path, and so could lead out of the root
 */
export function below(root: string, ...names: readonly string[]): string {
  const wrong = names.find((name) => name === '' || name === '.' || name === '..' || /[/\0]/.test(name));
  if (wrong === undefined) return [root, ...names].join('/');
  throw new MayflyError('internal', { cause: `${JSON.stringify(wrong)} is no name of a file below ${root}` });
}

/** @returns the name. @throws MayflyError `usage` where no worker can have it */
export function workerName(name: string): string {
  if (isName(name)) return name;
  throw new MayflyError('usage', {
    cause: `${JSON.stringify(name)} is no name of a worker`,
    remedy: `a name ${nameGrammar}; see \`mayfly list\``,
  });
}

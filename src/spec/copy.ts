import { resolve } from 'node:path';
import type * as z from 'zod';
import type { Place } from '../errors.js';
import { containersOf } from './draft.js';
import type { Rule } from './rules.js';
import type { copy } from './schema/copy.js';
import { nearest } from './suggest.js';
import { type CopySpec, engineName } from './worker-spec.js';

type Written = z.output<typeof copy>;

/** A copy with absolute local paths: they are relative to `directory`. `place`: where it is written, for errors. */
export function copySpec({ from, ignore_file, ...rest }: Written, directory: string, place: Place): CopySpec {
  const [, git, below = '.'] = /^(git)(?::(.+))?$/s.exec(from) ?? [];
  return {
    ...rest,
    ...{ from: resolve(directory, git ? below : from), written: from, place },
    tracked: git === undefined ? null : from === 'git' ? 'repository' : 'directory',
    ignore_file: ignore_file === null ? null : resolve(directory, ignore_file),
  };
}

/** A copy of the command line: `FROM:CONTAINER:TO`, relative to `directory`. @returns `null` for another form */
export function readCopy(text: string, directory: string): CopySpec | null {
  const [, from, container, to] = /^(.+):([a-z][a-z0-9-]*):(\/.*)$/s.exec(text) ?? [];
  if (from === undefined || container === undefined || to === undefined) return null;
  return copySpec({ from, to, in: container, owner: 'user', ignore_file: null }, directory, { path: `--copy ${text}` });
}

/** Every copy names a container of the spec. */
export const copiesFit: Rule = (draft, quote) => {
  const names = [engineName, ...containersOf(draft).map(({ container }) => container.name)];
  return (draft.copy ?? []).flatMap(({ in: name }, index) => {
    if (name === undefined || names.includes(undefined) || names.includes(name)) return [];
    const near = nearest(
      name,
      names.filter((one) => one !== undefined),
    );
    const path = ['copy', index, 'in'];
    const remedy = near ? `did you mean ${JSON.stringify(near)}?` : `choose one of ${names.join(', ')}`;
    return [{ path, cause: `no container is called ${quote(name, path)}`, remedy }];
  });
};

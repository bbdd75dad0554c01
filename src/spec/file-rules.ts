import { containersOf, type Draft } from './draft.js';
import type { Path } from './path.js';
import type { Rule } from './rules.js';

/** The files of a container have different paths. */
export const filesApart: Rule = (draft) =>
  partsOf(draft).flatMap(({ path, files }) => {
    const paths = files.map(({ to }) => to?.replace(/\/$/, ''));
    return paths.flatMap((to, index) => {
      const first = paths.indexOf(to);
      if (to === undefined || first === index) return [];
      return [
        {
          path: [...path, 'files', index, 'to'],
          cause: 'is the path of another file in this container',
          remedy: 'give each file a path of its own',
          other: [...path, 'files', first, 'to'],
        },
      ];
    });
  });

function partsOf(draft: Draft): { path: Path; files: readonly { to?: string | undefined }[] }[] {
  const engine = typeof draft.engine === 'object' ? [{ path: ['engine'], files: draft.engine.files ?? [] }] : [];
  return [...engine, ...containersOf(draft).map(({ path, container }) => ({ path, files: container.files ?? [] }))];
}

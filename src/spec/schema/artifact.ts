import * as z from 'zod';
import { isInside } from '../inside.js';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

const inside = 'must be a relative path that does not lead out of its directory';

const artifact = z
  .strictObject(
    {
      from: f.required(f.text, {
        description:
          "A path or a glob (`*`, `**`, `?`, `[ab]`, `{a,b}`): absolute, or in the container's working directory. A directory is copied whole.",
        examples: ['junit.xml', 'coverage/**'],
      }),
      to: f.optional(f.text.refine(isInside, { error: inside }), null, {
        description:
          'A path in the directory that `mayfly run` is called in. For a glob it is a directory, in which files keep their path below the part of `from` without wildcards; otherwise it is the new name, or with a `/` at its end the directory to put the file in. Default: the same path as in the working directory; outside of it, the last name of the path.',
        examples: ['out/'],
      }),
      optional: f.optional(f.flag, false, { description: 'Whether the files may be missing.', examples: [true] }),
      when: f.optional(z.enum(['always', 'failure'], { error: 'must be always or failure' }), 'always' as const, {
        description: '`failure`: only if the command did not return 0.',
        examples: ['failure'],
      }),
      max: f.optional(f.whole('MB', 1), null, {
        description: 'MB of all files together. More is a warning, and none of them is kept.',
        examples: [100],
      }),
    },
    mapping,
  )
  .meta({ id: 'Artifact', title: 'artifacts[]', description: 'Files that `mayfly run` copies out of a container after its command.' });

const plain = f.text.transform((from) => ({ from, to: null, optional: false, when: 'always' as const, max: null }));

export const artifacts = f.list(z.union([plain, artifact], { error: 'must be a path, or a mapping' }), {
  description:
    'Files that `mayfly run` copies to the directory it is called in, after its command: paths, globs, or mappings. `mayfly apply` ignores them.',
  examples: [['junit.xml', { from: 'coverage/**', to: 'out/', optional: true }]],
});

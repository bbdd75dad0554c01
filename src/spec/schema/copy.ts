import * as z from 'zod';
import * as f from '../fields.js';
import { engineName } from '../worker-spec.js';
import { mapping } from './mapping.js';

const owner = z
  .string({ error: 'must be user, keep, or UID:GID' })
  .regex(/^(?:user|keep|\d{1,10}:\d{1,10})$/, { error: 'must be user, keep, or UID:GID' });

export const copy = z
  .strictObject(
    {
      from: f.required(f.text, {
        description:
          'A file or a directory, relative to the spec file; of a directory its content is copied. `git`: the files that git tracks in the repository of the spec file; `git:PATH`: those below a directory. Write `./git` for a directory of this name.',
        examples: ['.', 'git', 'git:src'],
      }),
      to: f.required(f.absolutePath, {
        description: 'The path of the copy in the container. Directories that are missing are made.',
        examples: ['/src'],
      }),
      in: f.optional(f.name, engineName, { description: 'The container: `engine`, or a container of this spec.', examples: ['test'] }),
      owner: f.optional(owner, 'user', {
        description:
          "The owner of the copied files: `user` is the container's user, `keep` the numbers of the local files, `UID:GID` two numbers.",
        examples: ['1000:1000'],
      }),
      ignore_file: f.optional(f.text, null, {
        description: 'A file of patterns, relative to the spec file, in the language of `.dockerignore`. Files that match are not copied.',
        examples: ['.dockerignore'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Copy', title: 'copy[]', description: 'Local files for a container. They are copied when the worker is ready.' });

import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

const file = z
  .strictObject(
    {
      to: f.required(f.mountPoint, {
        description: 'Absolute path of the file in the container. Missing directories are made.',
        examples: ['/docker-entrypoint-initdb.d/init.sql'],
      }),
      content: f.optional(f.text, null, {
        description: 'The content as text. It is kept secret, so it may hold `${env:…}`.',
        examples: ['CREATE TABLE jobs (id int);'],
      }),
      from: f.optional(f.text, null, {
        description: 'A file with the content, in place of `content`: a path relative to the spec file.',
        examples: ['./init.sql'],
      }),
      mode: f.optional(f.fileMode, '0644', { description: 'The permissions: three octal digits.', examples: ['0600'] }),
      owner: f.optional(f.numericOwner, null, {
        description:
          'The numbers of the owner and the group, as in `999:999`; a number alone is both. Default: root. Embedded applier only.',
        examples: ['999:999'],
      }),
    },
    mapping,
  )
  .refine(({ content, from }) => (content === null) !== (from === null), { error: 'must have either content or from' })
  .meta({ id: 'File', title: 'files[]', description: 'A file that is put into a container before it starts.' });

export const files = f.list(file, {
  description: 'Files that are put into the container before it starts. A changed file replaces the container.',
  examples: [[{ to: '/docker-entrypoint-initdb.d/init.sql', from: './init.sql' }]],
});

import * as z from 'zod';
import * as f from '../fields.js';

export const cpuLimit = f.optional(
  z.union([f.amount('millicores', 1), z.enum(['none'])], { error: 'must be none, or a whole number of millicores' }),
  null,
  {
    description:
      'Hard limit of the cpu in millicores, at least `cpu`, or `none`. Default: `none`: `cpu` is then only the share on a busy host. In a request (a spec without `engine`) the default is `cpu`.',
    examples: [2000, 'none'],
  },
);

import * as z from 'zod';
import * as f from '../fields.js';
import { engineName } from '../worker-spec.js';
import { mapping } from './mapping.js';

const day = 86_400;
const week = 7 * day;

export const cache = z
  .strictObject(
    {
      name: f.required(f.name, {
        description:
          'The name of the cache on its node. Workers that name the same cache share it. `${hash:PATH}` in it becomes the first 12 characters of the SHA-256 of a file, with a path relative to the spec file.',
        examples: ['pip', 'npm-${hash:package-lock.json}'],
      }),
      to: f.required(f.mountPoint, {
        description: 'Absolute path of the cache in its container, apart from the mount points there.',
        examples: ['/root/.cache/pip'],
      }),
      in: f.optional(f.name, engineName, { description: 'The container that uses the cache.', examples: ['test'] }),
      size: f.optional(f.amount('MB', 1), 2000, {
        description: 'The size in MB. A cache that is larger after its use is removed.',
        examples: [2000],
      }),
      keep: f.optional(f.amount('seconds', 60, 365 * day), week, {
        description: 'Time from the last use of the cache to its removal: seconds, or a duration.',
        examples: ['7d', '12h'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Cache', title: 'caches[]', description: 'A directory that outlives the worker, for files that can be made again.' });

import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

const number = f.whole('', 1, 65_535);

export const publishedPort = z
  .strictObject(
    {
      name: f.required(f.name, { description: 'The name of its address: `mayfly output ci ports.db`.', examples: ['db'] }),
      port: f.required(number, { description: 'The port on which one of the worker’s containers listens.', examples: [5432] }),
      host: f.optional(number, null, {
        description: 'The port on the host. Default: a free one. With a fixed port only one worker of this spec can run on a host.',
        examples: [15432],
      }),
    },
    mapping,
  )
  .meta({
    id: 'Port',
    title: 'ports[]',
    description: 'A port of the worker, beside that of its engine, that is published on `access.bind`.',
  });

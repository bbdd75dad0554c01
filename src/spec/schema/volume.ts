import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

export const volume = z
  .strictObject(
    {
      name: f.required(f.name, {
        description: 'The name that mounts use. The engine sees the volume at `/media/<name>`.',
        examples: ['work'],
      }),
      storage: f.required(f.amount('MB', 1), { description: 'The size in MB, or with a unit.', examples: [1000, '1Gi'] }),
      medium: f.optional(z.enum(['disk', 'memory'], { error: 'must be disk or memory' }), 'disk' as const, {
        description:
          'Where the volume is stored. `memory` counts against the memory of the containers that mount it. On Docker, a `disk` volume belongs to root unless the image has a directory at the mount point. An image that runs as another user needs such a directory, owned by that user, or a `memory` volume.',
        examples: ['disk'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Volume', title: 'volumes[]', description: 'Storage that the engine and the containers share.' });

export const mount = z
  .strictObject(
    {
      name: f.optional(f.name, null, { description: 'A volume of this spec.', examples: ['work'] }),
      source: f.optional(f.text, null, {
        description:
          'In place of `name`: a directory or file of your machine, relative to the spec file. Only a Docker daemon of this machine mounts it. It counts in no `storage`, and is not removed with the worker.',
        examples: ['./src'],
      }),
      mount_point: f.required(f.mountPoint, {
        description:
          'Absolute path of the volume in the container. It must be neither the same as nor inside another mount point of the container.',
        examples: ['/work'],
      }),
      read_only: f.optional(f.flag, false, { description: 'Whether the container may only read the source.', examples: [true] }),
      copy_on_write: f.optional(f.flag, false, {
        description: 'Whether what the container writes stays in the worker, and is removed with it: the source is never changed.',
        examples: [true],
      }),
    },
    mapping,
  )
  .meta({ id: 'Mount', title: 'mounts[]', description: 'A volume, or a directory of your machine, in a container.' });

import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

export const retain = z
  .strictObject(
    {
      failure: f.required(f.duration(1), {
        description:
          'Time after `mayfly run` has returned another code than 0, at most until the end of the worker. Its containers are stopped and kept with their files and volumes for `mayfly logs` and `mayfly cp`.',
        examples: ['10m'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Retain', title: 'retain', description: 'How long a worker is kept after a failed `mayfly run`.' });

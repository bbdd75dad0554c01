import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

const healthcheck = z
  .strictObject(
    {
      command: f.required(f.healthCommand, {
        description:
          'Healthy when it returns 0. A list is run as it is, a string by the shell; a list may start with `CMD` or `CMD-SHELL`.',
        examples: [['pg_isready', '-h', 'localhost'], 'curl -fs localhost:8080'],
      }),
      interval: f.optional(f.duration(0.001), 5, {
        description: 'Time between two checks: seconds, or a duration.',
        examples: ['5s', 0.5],
      }),
      timeout: f.optional(f.duration(0.001), 5, { description: 'Time that one check may take.', examples: ['5s'] }),
      retries: f.optional(f.whole('', 1, 10_000), 12, {
        description: 'Number of failures in a row that make the container unhealthy. Its worker then does not become ready.',
        examples: [12],
      }),
      start_period: f.optional(f.duration(0), 0, {
        description: 'Time at the start in which failures do not count.',
        examples: ['10s'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Healthcheck', title: 'healthcheck', description: 'A command that checks whether the container works.' });

export const healthcheckField = f.optional(
  z.union([healthcheck, z.enum(['none'], { error: 'must be a mapping, or none' })], { error: 'must be a mapping, or none' }),
  null,
  {
    description: "The worker is ready only after this check passes. Default: the image's own healthcheck; `none` switches that off.",
    examples: [{ command: ['pg_isready', '-h', 'localhost'] }, 'none'],
  },
);

import * as z from 'zod';
import * as f from '../fields.js';
import { artifacts } from './artifact.js';
import { mapping } from './mapping.js';
import { healthcheckField } from './healthcheck.js';
import { files } from './put-file.js';
import { command, env, envFile, image, pullSecret, settings } from './running.js';

const described = z
  .strictObject(
    {
      image,
      command,
      ...settings,
      env,
      env_file: envFile,
      files,
      port: f.optional(f.whole('', 1, 65_535), null, {
        description: 'The port that the engine listens on. An engine without a port is ready when it runs.',
        examples: [8080],
      }),
      healthcheck: healthcheckField,
      exec: f.optional(f.flag, false, {
        description:
          'Whether the engine may run commands in its worker’s containers: `docker exec` then works in the engine, for these containers only.',
        examples: [true],
      }),
      pull_secret: pullSecret,
      artifacts,
    },
    mapping,
  )
  .meta({ id: 'Engine', title: 'engine', description: "The worker's own first container." });

export const engine = z.union([described, z.enum(['idle'], { error: 'must be a mapping, or idle' })], {
  error: 'must be a mapping, or idle',
});

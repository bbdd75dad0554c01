import * as z from 'zod';
import * as f from '../fields.js';
import { cpuLimit } from './cpu-limit.js';
import { mapping } from './mapping.js';
import { healthcheckField } from './healthcheck.js';
import { command, env, envFile, image, pullSecret, settings } from './running.js';
import { files } from './put-file.js';
import { mount } from './volume.js';
import { artifacts } from './artifact.js';

export const arch = f.optional(z.enum(['amd64', 'arm64'], { error: 'must be amd64 or arm64' }), null, {
  description: 'The architecture; one for the whole worker.',
  examples: ['amd64'],
});

const containerFields = {
  name: f.required(f.name, { description: 'The name by which the container is reached. Unique in the spec.', examples: ['build'] }),
  image,
  command,
  ...settings,
  cpu: f.optional(f.amount('millicores', 1), 500, { description: 'Millicores: 1000 are one core.', examples: [1000, '500m'] }),
  cpu_limit: cpuLimit,
  memory: f.optional(f.amount('MB', 6), 512, { description: 'MB (2^20 bytes), or with a unit.', examples: [1024, '1Gi'] }),
  storage: f.optional(f.amount('MB', 0), 0, {
    description: 'MB, or with a unit, the volumes mounted in it included. 0: not limited.',
    examples: [1000, '1Gi'],
  }),
  arch,
  env,
  env_file: envFile,
  files,
  mounts: f.list(mount, { description: 'Volumes in the container.', examples: [[{ name: 'work', mount_point: '/work' }]] }),
  healthcheck: healthcheckField,
  pull_secret: pullSecret,
  artifacts,
};

export const container = z
  .strictObject(containerFields, mapping)
  .meta({ id: 'Container', title: 'containers[]', description: 'A container that the engine runs commands in.' });

const once = f.optional(f.flag, false, {
  description: 'Whether the container is meant to end: the worker is ready only after it has ended with 0. Any other code is a failure.',
  examples: [true],
});

export const serviceContainer = z.strictObject({ ...containerFields, once }, mapping).meta({
  id: 'ServiceContainer',
  title: 'service_containers[]',
  description: 'A service the worker needs, such as a database.',
});

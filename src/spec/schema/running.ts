import * as f from '../fields.js';

/** Fields of everything that runs: the engine and the containers. */

export const image = f.optional(f.image, null, {
  description: 'The image. The process backend needs none: a `command` is enough.',
  examples: ['alpine:3.20'],
});
export const command = f.optional(f.command, null, {
  description: "The command, in place of the image's own. A string is run by `sh -c`.",
  examples: [['sleep', 'infinity'], 'make && make test'],
});
export const env = f.optional(
  f.env,
  {},
  {
    description: 'Environment variables. Numbers and booleans become strings, as they are spelled.',
    examples: [{ LOG_LEVEL: 'debug' }],
  },
);
export const envFile = f.optional(f.paths, [], {
  description:
    "Files of environment variables, relative to the spec file, in docker's format: `NAME=VALUE` a line, or `NAME` for the value in your own environment. `env` wins, then the last file. Their values are kept secret as those from `${env:…}`.",
  examples: ['.env', ['defaults.env', 'ci.env']],
});
export const pullSecret = f.optional(f.pullSecret, null, {
  description:
    'Credentials for the image\'s registry: `env:NAME`, `file:PATH` (relative to the spec file) or a JSON object in a string. The content is `{"username": …, "password": …}`, or a docker config.json: its entry or credential helper for this registry is used. Default on Docker: the credentials that `docker login` stored for the registry, if any. mayfly uses the credentials to pull and writes them to no file; on AWS they are stored in a secret, which is removed with the worker.',
  examples: ['env:REGISTRY_AUTH'],
});

/** Settings of the image that a spec may replace. */
export const settings = {
  entrypoint: f.optional(f.entrypoint, null, {
    description:
      "The entrypoint, in place of the image's own. Without a `command`, the image's command is dropped too. A string is split at spaces, and no shell runs it.",
    examples: [['tini', '--']],
  }),
  working_dir: f.optional(f.absolutePath, null, {
    description: "The directory that the command and `mayfly exec` start in: an absolute path. Default: the image's own.",
    examples: ['/src'],
  }),
  user: f.optional(f.user, null, {
    description: "The user of the command and of `mayfly exec`, and optionally its group: names or numbers. Default: the image's own.",
    examples: ['1000:1000'],
  }),
  shm_size: f.optional(f.amount('MB', 1), null, {
    description:
      "The size of `/dev/shm` in MB. Its content counts against the container's memory. Default: that of the daemon, 64 MB on Docker.",
    examples: [256],
  }),
};

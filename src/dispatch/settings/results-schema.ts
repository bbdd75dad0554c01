import * as z from 'zod';
import { amount, count, duration, text } from './fields.js';

const directory = () => text('an absolute path', (path) => /^\/[^\0]*$/.test(path));

const bucket = z.strictObject({
  endpoint: text('an http or https URL without a query', isEndpoint).meta({ description: 'the URL of the S3-compatible service' }),
  name: text('the name of a bucket', (name) => /^[a-z0-9][a-z0-9.-]{1,62}$/.test(name)).meta({ description: 'the bucket' }),
  region: text('a region such as eu-west-1', (name) => /^[a-z0-9-]{1,63}$/.test(name)).meta({
    description: 'the region of the signatures',
  }),
  prefix: text('names with `/` between them', (prefix) => /^[A-Za-z0-9!_.'()*-]+(\/[A-Za-z0-9!_.'()*-]+)*$/.test(prefix))
    .optional()
    .meta({ description: 'the first part of all keys' }),
});

function isEndpoint(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, search, hash } = new URL(url);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

const publish = z
  .strictObject({
    directory: directory().optional().meta({
      description: 'a directory of the server: `DIRECTORY/RUN/` has the files of a run, and their `manifest.json`',
    }),
    bucket: bucket.optional().meta({
      description:
        'an S3-compatible bucket: `PREFIX/RUN/` has them. Credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment of the service',
    }),
  })
  .refine((one) => (one.directory === undefined) !== (one.bucket === undefined), { error: 'must have either `directory` or `bucket`' });

/** The mapping `serve.results`. */
export const results = z.strictObject({
  directory: directory()
    .optional()
    .meta({ description: 'where the service keeps files; default: `serve/results` below the state directory' }),
  output: amount('MB').prefault('10MB').meta({ description: "MB of a command's output that are kept" }),
  artifacts: amount('MB').prefault('1GB').meta({ description: 'MB of the artifacts of a run' }),
  files: count(1, 1_000_000).default(1000).meta({ description: 'the most files of a run' }),
  total: amount('MB').prefault('10GB').meta({ description: 'MB of the results of all runs' }),
  retention: duration({ least: '1s' })
    .prefault('7d')
    .meta({ description: 'how long files are kept after they were proposed, published, or failed' }),
  tries: count(1, 1000).default(10).meta({ description: 'the most tries to publish' }),
  publish: publish.optional().meta({ description: 'where accepted results are published; default: they stay in the service' }),
});

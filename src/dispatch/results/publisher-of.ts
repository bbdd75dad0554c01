import { MayflyError } from '../../errors.js';
import type { Runtime } from '../../worker/runtime.js';
import type { PublishSettings } from '../settings.js';
import { noPublisher, type Publisher } from './publisher.js';
import type { Credentials } from './signed-headers.js';
import { bucketPublisher } from './to-bucket.js';
import { directoryPublisher } from './to-directory.js';

/** The publisher of the settings. @throws MayflyError `settings_invalid` for a bucket without credentials */
export function publisherOf(publish: PublishSettings | null, { env, clock }: Pick<Runtime, 'env' | 'clock'>): Publisher {
  if (publish === null) return noPublisher;
  if ('directory' in publish) return directoryPublisher(publish.directory);
  return bucketPublisher(publish.bucket, credentialsIn(env), clock);
}

function credentialsIn(env: Runtime['env']): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new MayflyError('settings_invalid', {
      place: { path: 'serve.results.publish.bucket' },
      cause: 'there are no credentials for the bucket',
      remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the service',
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

import { readFile } from 'node:fs/promises';
import { MayflyError } from '../errors.js';
import type { PullSecret } from '../spec/worker-spec.js';

/**
 * Credentials for an image's registry. A secret is `{username, password}` or `{auths: {registry: {auth}}}`, the form of docker's own
 * configuration file.
 *
 * @throws MayflyError `image_unavailable`, which never says what the secret holds
 */
export async function registryAuth(from: PullSecret, image: string): Promise<Record<string, unknown>> {
  const text = await readSecret(from);
  let secret: { auths?: Record<string, { auth?: string; username?: string; password?: string }> } & Record<string, unknown>;
  try {
    secret = JSON.parse(text) as typeof secret;
  } catch {
    throw unusable('it is not JSON');
  }
  if (!secret.auths) return secret;
  const [registry, entry] = Object.entries(secret.auths).find(([host]) =>
    image.startsWith(`${host.replace(/^https?:\/\//, '').split('/')[0]}/`),
  ) ??
    Object.entries(secret.auths)[0] ?? ['', {}];
  if (!entry.auth) return { ...entry, serveraddress: registry };
  const [username = '', ...password] = Buffer.from(entry.auth, 'base64').toString('utf8').split(':');
  return { username, password: password.join(':'), serveraddress: registry };
}

async function readSecret(secret: PullSecret): Promise<string> {
  if (secret.from === 'inline') return secret.json;
  if (secret.from === 'env') {
    const value = process.env[secret.name];
    if (value) return value;
    throw unusable(`the environment variable ${secret.name} is not set`);
  }
  try {
    return await readFile(secret.path, 'utf8');
  } catch (error) {
    throw unusable(`${secret.path} cannot be read: ${(error as Error).message}`);
  }
}

function unusable(why: string): MayflyError {
  return new MayflyError('image_unavailable', {
    place: { path: 'pull_secret' },
    cause: `the pull secret cannot be used: ${why}`,
    remedy: 'it must be JSON: {"username": …, "password": …} or the contents of a docker config.json',
  });
}

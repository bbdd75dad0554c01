import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MayflyError } from '../../errors.js';
import { homeDirectory } from '../../user.js';
import type { PullSecret } from '../../spec/worker-spec.js';
import { askHelper } from './image-registry/credential-helper.js';
import type { RegistryContext } from '../ports/making.js';
import { keyOf, registryOf } from './image-registry/registry-name.js';
import { type Credentials, parseSecret, sourceFor } from './image-registry/registry-secret.js';

/** What an image's registry is given. */
export interface Login extends Credentials {
  serveraddress: string;
}

/**
 * The credentials of an image's registry in a pull secret: `{username, password}`, or a docker config.json with an entry or a credential
 * helper for that registry.
 *
 * @throws MayflyError `image_unavailable` where it has none for this registry; no message holds anything of the secret
 */
export async function registryAuth(from: PullSecret, image: string, context: RegistryContext): Promise<Login> {
  const registry = registryOf(image);
  const remedy = `it must be JSON: {"username": …, "password": …} or a docker config.json with an entry for ${registry}`;
  try {
    const login = await loginIn(await readSecret(from, context.env), registry, context);
    if (login) return login;
  } catch (error) {
    context.signal?.throwIfAborted();
    throw unusable((error as Error).message, remedy);
  }
  throw unusable(
    `it has no entry for ${registry}`,
    `add one (docker login ${registry} writes it), or leave pull_secret out where none is needed`,
  );
}

/**
 * The user's own credentials for an image's registry: those of `docker login`, in its configuration. Most images need none, so trouble
 * with them is not an error: `trouble` is for the message when the registry refuses the image.
 */
export async function ownLogin(image: string, context: RegistryContext): Promise<{ login: Login | null; trouble: string | null }> {
  const { env } = context;
  try {
    const file = join(env['DOCKER_CONFIG'] || join(homeDirectory(env) ?? '/', '.docker'), 'config.json');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}';
      throw error;
    });
    return { login: await loginIn(text, registryOf(image), context), trouble: null };
  } catch (error) {
    context.signal?.throwIfAborted();
    return { login: null, trouble: (error as Error).message };
  }
}

/** A daemon's header for it: base64 in the alphabet of URLs, padded. Without padding, the daemon drops it silently. */
export function authHeader(login: Login): string {
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

async function loginIn(text: string, registry: string, context: RegistryContext): Promise<Login | null> {
  const source = sourceFor(parseSecret(text), registry);
  const found = source && ('helper' in source ? await askHelper(source.helper, source.key, context) : source.credentials);
  return found && { ...found, serveraddress: keyOf(registry) };
}

async function readSecret(secret: PullSecret, env: RegistryContext['env']): Promise<string> {
  if (secret.from === 'inline') return secret.json;
  if (secret.from === 'env') {
    const value = env[secret.name];
    if (value) return value;
    throw new Error(`the environment variable ${secret.name} is not set`);
  }
  try {
    return await readFile(secret.path, 'utf8');
  } catch (error) {
    throw new Error(`${secret.path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function unusable(why: string, remedy: string): MayflyError {
  return new MayflyError('image_unavailable', { place: { path: 'pull_secret' }, cause: `the pull secret cannot be used: ${why}`, remedy });
}

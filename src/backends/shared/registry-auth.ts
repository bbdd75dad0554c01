import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MayflyError } from '../../errors.js';
import { homeDirectory } from '../../user.js';
import type { PullSecret } from '../../spec/worker-spec.js';
import { askHelper } from './image-registry/credential-helper.js';
import type { RegistryContext } from '../ports/making.js';
import { keyOf, registryOf } from './image-registry/registry-name.js';
import { type Credentials, parseSecret, sourceFor } from './image-registry/registry-secret.js';

/** Credentials for an image's registry. */
export interface Login extends Credentials {
  serveraddress: string;
}

/**
 * Returns the credentials for an image's registry from a pull secret: `{username, password}`, or a docker config.json with an entry or a
 * credential helper for that registry.
 *
 * @throws MayflyError `image_unavailable` where the secret has none for this registry. No message contains a part of the secret
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
    `add one (docker login ${registry} writes it), or omit pull_secret if the registry needs none`,
  );
}

/**
 * Returns the user's credentials for an image's registry, as `docker login` stores them. Most images need none, so a failure is not an
 * error: it is returned as `trouble`, for the message if the registry refuses the image.
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

/** The value of the daemon's header: base64url with padding. Without padding, the daemon ignores it silently. */
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

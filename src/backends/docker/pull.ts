import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { PullSecret } from '../../spec/worker-spec.js';
import { EngineError, type HttpClient } from './http-client.js';

interface PullLine {
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
}

/** Pulls an image, layer by layer progress as events. @throws MayflyError `image_unavailable` */
export async function pullImage(
  http: HttpClient,
  image: string,
  secret: PullSecret | null,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const auth = secret && registryAuth(await readSecret(secret), image);
  const { name, tag } = splitImage(image);
  try {
    const body = await http.stream('POST', '/images/create', {
      query: { fromImage: name, tag },
      ...(auth && { headers: { 'X-Registry-Auth': Buffer.from(JSON.stringify(auth)).toString('base64url') } }),
      signal,
    });
    for await (const text of createInterface({ input: body })) {
      if (text.trim() === '') continue;
      const line = JSON.parse(text) as PullLine;
      if (line.error) throw new EngineError(500, line.error, 'POST /images/create');
      const { current, total } = line.progressDetail ?? {};
      emit({
        type: 'image_progress',
        image,
        layer: line.id ?? '',
        status: line.status ?? '',
        ...(current !== undefined && { current }),
        ...(total !== undefined && { total }),
      });
    }
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === 'storage_full') throw error;
    throw new MayflyError('image_unavailable', {
      place: { path: image },
      cause: `the image cannot be pulled: ${error.message}`,
      remedy: secret
        ? 'check its name and the credentials that pull_secret names'
        : 'check its name; a private image needs a pull_secret (env:NAME or file:PATH)',
      error,
    });
  }
}

/** `registry:5000/a/b:tag` or `…@sha256:…` as the API wants it; without a tag only the latest is pulled, not all. */
function splitImage(image: string): { name: string; tag: string } {
  const digest = image.indexOf('@');
  if (digest >= 0) return { name: image.slice(0, digest), tag: image.slice(digest + 1) };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { name: image, tag: 'latest' };
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

/** Credentials as `{username, password}` or `{auths: {registry: {auth}}}`, the form of docker's own configuration file. */
function registryAuth(text: string, image: string): Record<string, unknown> {
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

/** Never says what the secret holds. */
function unusable(why: string): MayflyError {
  return new MayflyError('image_unavailable', {
    place: { path: 'pull_secret' },
    cause: `the pull secret cannot be used: ${why}`,
    remedy: 'it must be JSON: {"username": …, "password": …} or the contents of a docker config.json',
  });
}

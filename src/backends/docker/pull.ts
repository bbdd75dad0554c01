import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { linesOf } from '../../lines.js';
import type { PullSecret } from '../../spec/worker-spec.js';
import { authHeader, ownLogin, registryAuth } from '../shared/registry-auth.js';
import type { RegistryContext } from '../ports/making.js';
import { registryOf } from '../shared/image-registry/registry-name.js';
import { EngineError, type HttpClient } from './http-client.js';

interface PullLine {
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
}

export interface PullContext extends RegistryContext {
  emit: Emit;
  signal: AbortSignal;
}

/**
 * Pulls an image and emits the progress of each layer. Without a secret, the credentials that `docker login` stored for the registry are used,
 * unless MAYFLY_DOCKER_LOGINS is `no`.
 * @throws MayflyError `image_unavailable`
 */
export async function pullImage(http: HttpClient, image: string, secret: PullSecret | null, context: PullContext): Promise<void> {
  const { emit, signal } = context;
  const { login, trouble } = secret
    ? { login: await registryAuth(secret, image, context), trouble: null }
    : await storedLogin(image, context);
  const { name, tag } = splitImage(image);
  try {
    const body = await http.stream('POST', '/images/create', {
      query: { fromImage: name, tag },
      ...(login && { headers: { 'X-Registry-Auth': authHeader(login) } }),
      signal,
    });
    for await (const text of linesOf(body)) {
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
      remedy: remedyFor(image, secret, login !== null, trouble),
      error,
    });
  }
}

/** A service must not lend its user's credentials to the people who send specs. */
function storedLogin(image: string, context: RegistryContext): ReturnType<typeof ownLogin> {
  return context.env['MAYFLY_DOCKER_LOGINS'] === 'no' ? Promise.resolve({ login: null, trouble: null }) : ownLogin(image, context);
}

function remedyFor(image: string, secret: PullSecret | null, loggedIn: boolean, trouble: string | null): string {
  if (secret) return 'check its name and the credentials that pull_secret names';
  if (loggedIn) return `check its name and the credentials that docker login stored for ${registryOf(image)}`;
  const needs = 'check its name; a private image needs a pull_secret (env:NAME or file:PATH) or docker login';
  return trouble === null ? needs : `${needs}, whose credentials could not be read: ${trouble}`;
}

/** Splits `registry:5000/a/b:tag` or `…@sha256:…` for the API. The default tag is `latest`, because without a tag the API pulls all. */
function splitImage(image: string): { name: string; tag: string } {
  const digest = image.indexOf('@');
  if (digest >= 0) return { name: image.slice(0, digest), tag: image.slice(digest + 1) };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { name: image, tag: 'latest' };
}

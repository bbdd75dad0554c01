import { createInterface } from 'node:readline';
import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { PullSecret } from '../../spec/worker-spec.js';
import { registryAuth } from '../registry-auth.js';
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
  const auth = secret && (await registryAuth(secret, image));
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

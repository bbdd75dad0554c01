import type { ServerResponse } from 'node:http';
import type { ImageConfig } from './defaults.js';
import { type Exchange, Refusal, type Route } from './http.js';
import { type FakeState, fullName, imageId, iso, type RemoteImage } from './state.js';

export function findImage(state: FakeState, reference: string): { id: string; name: string; config: ImageConfig } | null {
  const wanted = fullName(reference);
  const name = state.images.has(wanted)
    ? wanted
    : [...state.images].find((image) => imageId(image) === reference || imageId(image).startsWith(`sha256:${reference}`));
  return name === undefined ? null : { id: imageId(name), name, config: state.imageConfigs.get(name) ?? {} };
}

export function imageRoutes(state: FakeState): Route[] {
  return [
    [
      'GET',
      /^\/images\/json$/,
      () => ({
        status: 200,
        body: [...state.images].map((name) => ({
          Id: imageId(name),
          RepoTags: [name],
          RepoDigests: [],
          Created: 0,
          Size: 1_000_000,
          Labels: null,
        })),
      }),
    ],
    [
      'GET',
      /^\/images\/(.+)\/json$/,
      ({ params }) => {
        const found = findImage(state, params[0] ?? '');
        if (!found) throw new Refusal(404, `no such image: ${params[0]}: No such image: ${fullName(params[0] ?? '')}`);
        const { id, name, config } = found;
        const full = { Env: null, Cmd: null, Entrypoint: null, Labels: null, Volumes: null, WorkingDir: '', User: '', ...config };
        return {
          status: 200,
          body: {
            Id: id,
            RepoTags: [name],
            RepoDigests: [],
            Created: iso(0),
            Config: full,
            Architecture: 'amd64',
            Os: 'linux',
            Size: 1_000_000,
            VirtualSize: 1_000_000,
          },
        };
      },
    ],
    ['POST', /^\/images\/create$/, (exchange) => pull(state, exchange)],
    [
      'DELETE',
      /^\/images\/(.+)$/,
      ({ params }) => {
        const found = findImage(state, params[0] ?? '');
        if (!found) throw new Refusal(404, `No such image: ${fullName(params[0] ?? '')}`);
        state.images.delete(found.name);
        return { status: 200, body: [{ Untagged: found.name }] };
      },
    ],
  ];
}

function pull(state: FakeState, { query, headers, res }: Exchange): undefined {
  const repository = query.get('fromImage') ?? '';
  const tag = query.get('tag');
  const name = fullName(tag ? `${repository}${tag.startsWith('sha256:') ? '@' : ':'}${tag}` : repository);
  const remote = state.registry.get(name);
  const repositoryOf = (image: string) => image.replace(/[:@][^/]*$/, '');
  if (!remote) {
    const known = [...state.registry.keys()].some((other) => repositoryOf(other) === repositoryOf(name));
    throw new Refusal(
      404,
      known
        ? `manifest for ${name} not found: manifest unknown: manifest unknown`
        : `pull access denied for ${repositoryOf(name)}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    );
  }
  if (remote.auth && !sameCredentials(remote.auth, String(headers['x-registry-auth'] ?? ''))) {
    throw new Refusal(500, `Head "${repositoryOf(name)}/manifests": unauthorized: authentication required`);
  }
  res?.writeHead(200, { 'content-type': 'application/json' });
  if (!writeProgress(res, name, remote)) return void res?.end() as undefined;
  state.images.add(name);
  if (remote.config) state.imageConfigs.set(name, remote.config);
  state.emit('image', 'pull', name, { name: repositoryOf(name) });
  return void res?.end() as undefined;
}

/** Layer by layer, as the daemon tells it. @returns false when it broke off */
function writeProgress(res: ServerResponse | null, name: string, { layers = [1_000_000, 250_000], breaksWith }: RemoteImage): boolean {
  const say = (line: object) => res?.write(`${JSON.stringify(line)}\r\n`);
  const ids = layers.map((_, i) => imageId(`${name}#${i}`).slice(7, 19));
  say({ status: `Pulling from ${name.replace(/:[^/]*$/, '')}`, id: name.split(':').at(-1) });
  for (const id of ids) say({ status: 'Pulling fs layer', progressDetail: {}, id });
  for (const [i, total] of layers.entries()) {
    const id = ids[i];
    say({ status: 'Downloading', progressDetail: { current: Math.floor(total / 2), total }, progress: '[==>  ]', id });
    if (breaksWith !== undefined && i === layers.length - 1) {
      say({ errorDetail: { message: breaksWith }, error: breaksWith });
      return false;
    }
    say({ status: 'Downloading', progressDetail: { current: total, total }, progress: '[====>]', id });
    say({ status: 'Download complete', progressDetail: {}, id });
    say({ status: 'Extracting', progressDetail: { current: total, total }, progress: '[====>]', id });
    say({ status: 'Pull complete', progressDetail: {}, id });
  }
  say({ status: `Digest: ${imageId(`${name}#digest`)}` });
  say({ status: `Status: Downloaded newer image for ${name}` });
  return true;
}

function sameCredentials(wanted: Record<string, string>, header: string): boolean {
  try {
    const given = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, string>;
    return Object.entries(wanted).every(([key, value]) => given[key] === value);
  } catch {
    return false;
  }
}

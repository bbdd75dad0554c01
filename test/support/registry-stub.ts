import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterTest } from './temp-dir.js';

export interface RegistryStub {
  /** `127.0.0.1:PORT`: a daemon of this machine takes it without TLS. */
  host: string;
  /** An image of this registry that no daemon has. It cannot be started: its one layer is empty. */
  image(): string;
  /** The user names and passwords, or tokens, that it received, each once in the order in which they came. */
  received: string[];
}

export interface StubOptions {
  /** `open`: it asks for nothing. `basic`: a name and a password. `token`: a bearer token, from itself. Any of them will do. */
  asks?: 'open' | 'basic' | 'token';
}

const mediaTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
};
// A tar of nothing: two blocks of zeros.
const layer = Buffer.alloc(1024);
const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A registry (version 2 of its API) on loopback, of images that are all alike but for their names. */
export async function startRegistry({ asks = 'basic' }: StubOptions = {}): Promise<RegistryStub> {
  const received: string[] = [];
  const note = (text: string) => void (received.includes(text) || received.push(text));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      history: [],
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: mediaTypes.layer, size: layer.length, digest: digestOf(layer) }],
    }),
  );
  const blobs = new Map([config, layer].map((blob) => [digestOf(blob), blob]));

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://stub');
    const authorization = request.headers.authorization ?? '';
    const [scheme = '', value = ''] = authorization.split(' ');
    if (scheme === 'Basic') note(Buffer.from(value, 'base64').toString('utf8'));
    if (pathname === '/token') {
      return void bodyOf(request).then((body) => {
        const refresh = new URLSearchParams(body).get('refresh_token');
        if (refresh) note(`token ${refresh}`);
        response.setHeader('Content-Type', 'application/json').end('{"token":"pass","access_token":"pass"}');
      });
    }
    if (authorization === '' && asks !== 'open') {
      const { port } = server.address() as AddressInfo;
      const challenge = asks === 'basic' ? 'Basic realm="stub"' : `Bearer realm="http://127.0.0.1:${port}/token",service="stub"`;
      return void response.writeHead(401, { 'WWW-Authenticate': challenge, 'Content-Type': 'application/json' }).end('{"errors":[]}');
    }
    const blob = /\/manifests\//.test(pathname) ? manifest : blobs.get(pathname.split('/').at(-1)!);
    if (pathname === '/v2/') return void response.writeHead(200, { 'Docker-Distribution-Api-Version': 'registry/2.0' }).end('{}');
    if (!blob) return void response.writeHead(404).end();
    const type = blob === manifest ? mediaTypes.manifest : 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': blob.length, 'Docker-Content-Digest': digestOf(blob) });
    response.end(request.method === 'HEAD' ? undefined : blob);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  afterTest(close);
  const host = `127.0.0.1:${port}`;
  let count = 0;
  return { host, received, image: () => `${host}/team/app${(count += 1)}:1` };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

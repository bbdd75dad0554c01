import type http from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MayflyError } from '../../errors.js';
import { agentOf, requestTo, streamTo } from './dial.js';
import type { Endpoint } from './endpoint.js';
import { dockerStatus } from './podman.js';

/** The newest API this client was written for; an older daemon is spoken to in its own. */
const newestApi = '1.47';

/** Connections kept to one daemon: enough for a wide walk, few enough for a daemon's default limits. */
const maxSockets = 48;

export interface RequestOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Sent as it comes, in place of `body`. */
  upload?: Readable;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Milliseconds without any answer, after which the daemon counts as gone; off for calls that wait by design. */
  timeout?: number;
}

/** An answer of 400 or more; told as it is where nobody knows better. */
export class EngineError extends MayflyError {
  constructor(
    readonly status: number,
    message: string,
    readonly call: string,
  ) {
    const full = /no space left on device/i.test(message);
    super(full ? 'storage_full' : 'backend_refused', {
      cause: message,
      remedy: full
        ? 'free some disk space of the daemon (docker system df)'
        : `docker answered ${call} with status ${status}: see the daemon's log`,
    });
  }
}

export function isStatus(error: unknown, ...status: number[]): boolean {
  return error instanceof EngineError && status.includes(error.status);
}

/** The Docker Engine API over one kept-alive pool of connections. */
export class HttpClient {
  private readonly agent: http.Agent;
  private version = '';
  private skew = 0;
  private libpod = '';

  constructor(readonly endpoint: Endpoint) {
    this.agent = agentOf(endpoint, { keepAlive: true, maxSockets });
  }

  /** The daemon's clock less ours in milliseconds, 0 within the resolution of the `Date` header. */
  get clockSkew(): number {
    return Math.abs(this.skew) < 5000 ? 0 : this.skew;
  }

  get apiVersion(): string {
    return this.version;
  }

  /** Podman's version where the daemon is one, else empty; known once it has answered. */
  get podman(): string {
    return this.libpod;
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.text(method, path, options);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  async text(method: string, path: string, options: RequestOptions = {}): Promise<string> {
    const response = await this.stream(method, path, options);
    return this.readAll(response, `${method} ${path}`);
  }

  /** The body as it comes; the caller reads it to its end or destroys it. */
  async stream(method: string, path: string, options: RequestOptions = {}): Promise<http.IncomingMessage> {
    const call = `${method} ${path}`;
    const response = await this.send(method, path, options);
    if (response.statusCode! < 400) return response;
    const message = messageOf(await this.readAll(response, call));
    const status = this.libpod ? dockerStatus(response.statusCode!, message) : response.statusCode!;
    throw new EngineError(status, message, call);
  }

  /** Turns the connection into a raw stream, as attached execs do. */
  hijack(method: string, path: string, options: RequestOptions = {}): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const request = this.request(method, path, { ...options, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } }, streamTo);
      request.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      request.on('response', (response) => {
        void this.readAll(response, path).then(
          (text) => reject(new EngineError(response.statusCode!, messageOf(text), `${method} ${path}`)),
          reject,
        );
      });
      request.on('error', (error) => reject(this.unreachable(error)));
      finish(request, options.body);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private async send(method: string, path: string, options: RequestOptions): Promise<http.IncomingMessage> {
    for (;;) {
      const request = this.request(method, path, options);
      try {
        const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
          request.on('response', resolve);
          request.on('error', reject);
          if (options.upload) pipeline(options.upload, request).catch(reject);
          else finish(request, options.body);
        });
        this.learn(response);
        return response;
      } catch (error) {
        options.signal?.throwIfAborted();
        // A kept connection that the daemon closed meanwhile: it has not seen this request.
        if (request.reusedSocket && method === 'GET' && wasLost(error as NodeJS.ErrnoException)) continue;
        throw this.unreachable(error as NodeJS.ErrnoException);
      }
    }
  }

  private request(method: string, path: string, options: RequestOptions, to = requestTo): http.ClientRequest {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(options.query ?? {})) if (value !== undefined) query.set(key, String(value));
    const search = query.size > 0 ? `?${query}` : '';
    const request = to(this.endpoint, this.agent, {
      method,
      path: `${this.version && `/v${this.version}`}${path}${search}`,
      headers: { Host: 'docker', ...(options.body !== undefined && { 'Content-Type': 'application/json' }), ...options.headers },
      ...(options.signal && { signal: options.signal }),
      ...(options.timeout && { timeout: options.timeout }),
    });
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path} within ${options.timeout! / 1000} s`)));
    return request;
  }

  private learn(response: http.IncomingMessage): void {
    const offered = response.headers['api-version'];
    if (!this.version && typeof offered === 'string') this.version = olderOf(offered, newestApi);
    this.libpod ||= String(response.headers['libpod-api-version'] ?? '');
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) this.skew = date - Date.now();
  }

  private async readAll(response: http.IncomingMessage, call: string): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      throw this.unreachable(error as Error, call);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private unreachable(error: NodeJS.ErrnoException, call?: string): MayflyError {
    if (error instanceof MayflyError) return error;
    const denied = error.code === 'EACCES';
    return new MayflyError('backend_unreachable', {
      place: { path: this.endpoint.url },
      cause: denied ? 'permission denied' : `the docker daemon does not answer${call ? ` (${call})` : ''}: ${error.message}`,
      remedy: denied
        ? 'run as a user of the docker group, or set DOCKER_HOST to a daemon of your own'
        : 'start the daemon or set DOCKER_HOST, then run the same command again: it goes on where this one stopped',
      error,
    });
  }
}

/** Closed under us, or ended as ssh that lost its server. */
function wasLost(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error instanceof MayflyError;
}

function finish(request: http.ClientRequest, body: unknown): void {
  if (body === undefined) request.end();
  else request.end(JSON.stringify(body));
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

function olderOf(a: string, b: string): string {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor <= bMinor) ? a : b;
}

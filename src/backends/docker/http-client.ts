import type http from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { deadlineOf, type Pool, poolOf } from './call-kinds.js';
import { CallLife, OverdueError } from './call-life.js';
import { type ConnectionLimits, Connections, ownConnections, sharedConnections } from './connections.js';
import { Dialer } from './dial.js';
import type { Endpoint } from './endpoint.js';
import { dockerStatus, isPassing } from './podman.js';

/** The newest API version that this client supports. An older daemon gets calls in its own version. */
const newestApi = '1.47';

export interface RequestOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** A stream to send instead of `body`. */
  upload?: Readable;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer is complete, instead of the deadline of its kind (`call-kinds.ts`). */
  deadline?: number;
  /** Instead of the pool of its kind. */
  pool?: Pool;
}

/** Facts about the daemon from its answers; shared by all its clients. */
interface DaemonFacts {
  version: string;
  skew: number;
  libpod: string;
}

/** The head of an answer, and the lifetime of the call for its body. */
interface Answer {
  response: http.IncomingMessage;
  life: CallLife;
}

/** An answer with a status of 400 or more. Its message is the daemon's own. */
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

/** Further calls after an answer that is `isPassing`. Each is about another process that has just ended. */
const passingTries = 20;

/** A function that makes a request: `requestTo` or `streamTo`. */
type Send = (agent: http.Agent, options: http.RequestOptions) => http.ClientRequest;

/** Client of the Docker Engine API. Every call has the deadline of its kind. An aborted or overdue call releases its connection. */
export class HttpClient {
  private readonly connections: Connections;

  constructor(
    readonly endpoint: Endpoint,
    private readonly clock: Clock = systemClock,
    private readonly dialer = new Dialer(endpoint),
    private readonly facts: DaemonFacts = { version: '', skew: 0, libpod: '' },
    limits: ConnectionLimits = sharedConnections,
  ) {
    this.connections = new Connections(dialer, limits);
  }

  /** A client of the same daemon with its own connections, so that calls of the two do not wait for each other. The caller closes it. */
  apart(): HttpClient {
    return new HttpClient(this.endpoint, this.clock, this.dialer, this.facts, ownConnections);
  }

  /** The daemon's clock minus ours in milliseconds; 0 if the difference is within the resolution of the `Date` header. */
  get clockSkew(): number {
    return Math.abs(this.facts.skew) < 5000 ? 0 : this.facts.skew;
  }

  get apiVersion(): string {
    return this.facts.version;
  }

  /** Podman's version; empty for Docker, and before the first answer. */
  get podman(): string {
    return this.facts.libpod;
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.text(method, path, options);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  async text(method: string, path: string, options: RequestOptions = {}): Promise<string> {
    return this.readAll(await this.answer(method, path, options), `${method} ${path}`);
  }

  /** The body as a stream. The caller reads it to its end or destroys it. */
  async stream(method: string, path: string, options: RequestOptions = {}): Promise<http.IncomingMessage> {
    return (await this.answer(method, path, options)).response;
  }

  /** Turns the connection into a raw stream, for attached execs. The signal has no effect afterwards. */
  hijack(method: string, path: string, options: RequestOptions = {}): Promise<Duplex> {
    const life = this.lifeOf(method, path, options);
    const send: Send = (agent, request) => this.dialer.streamTo(agent, request);
    const request = this.request(method, path, { ...options, headers: { Connection: 'Upgrade', Upgrade: 'tcp' } }, life, send);
    return new Promise((resolve, reject) => {
      request.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        life.over();
        // Without a listener an early error would end the process. The reader sees the end of the stream.
        socket.on('error', () => {});
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      request.on('response', (response) => {
        life.onCut((reason) => response.destroy(reason as Error));
        void this.readAll({ response, life }, path).then(
          (text) => reject(new EngineError(response.statusCode!, messageOf(text), `${method} ${path}`)),
          reject,
        );
      });
      request.on('error', (error) => reject(this.unreachable(error)));
      life.onCut((reason) => {
        request.destroy(reason as Error);
        reject(reason as Error);
      });
      finish(request, options.body);
    });
  }

  close(): void {
    this.connections.close();
  }

  private async answer(method: string, path: string, options: RequestOptions): Promise<Answer> {
    const call = `${method} ${path}`;
    for (let again = passingTries; ; again -= 1) {
      const answer = await this.send(method, path, options);
      const status = answer.response.statusCode!;
      if (status < 400) return answer;
      const message = messageOf(await this.readAll(answer, call));
      if (this.podman && method === 'GET' && again > 0 && isPassing(message)) continue;
      throw new EngineError(this.podman ? dockerStatus(status, message) : status, message, call);
    }
  }

  private async send(method: string, path: string, options: RequestOptions): Promise<Answer> {
    for (;;) {
      const life = this.lifeOf(method, path, options);
      const request = this.request(method, path, options, life, (agent, request) => this.dialer.requestTo(agent, request));
      try {
        const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
          request.on('response', resolve);
          request.on('error', reject);
          // A call that still waits for a connection has no socket that would report the abort.
          life.onCut((reason) => {
            request.destroy(reason as Error);
            reject(reason as Error);
          });
          if (options.upload) pipeline(options.upload, request).catch(reject);
          else finish(request, options.body);
        });
        life.onCut((reason) => response.destroy(reason as Error));
        this.learn(response);
        return { response, life };
      } catch (error) {
        life.throwIfCut();
        life.over();
        // The daemon had closed this idle connection, so it has not seen the request.
        if (request.reusedSocket && method === 'GET' && wasLost(error as NodeJS.ErrnoException)) continue;
        throw this.unreachable(error as NodeJS.ErrnoException);
      }
    }
  }

  private lifeOf(method: string, path: string, { signal }: RequestOptions): CallLife {
    const overdue = (ms: number) => new OverdueError(`${method} ${path}`, ms, this.endpoint.url);
    return new CallLife({ clock: this.clock, signal, overdue });
  }

  private request(method: string, path: string, options: RequestOptions, life: CallLife, send: Send): http.ClientRequest {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(options.query ?? {})) if (value !== undefined) query.set(key, String(value));
    const search = query.size > 0 ? `?${query}` : '';
    const deadline = options.deadline ?? deadlineOf(method, path, options.query);
    const request = send(this.connections.of(options.pool ?? poolOf(method, path, deadline)), {
      method,
      path: `${this.apiVersion && `/v${this.apiVersion}`}${path}${search}`,
      headers: { Host: 'docker', ...(options.body !== undefined && { 'Content-Type': 'application/json' }), ...options.headers },
    });
    if (deadline !== null) request.once('socket', () => void life.count(deadline));
    return request.once('close', () => life.over());
  }

  private learn(response: http.IncomingMessage): void {
    const { facts } = this;
    const offered = response.headers['api-version'];
    if (!facts.version && typeof offered === 'string') facts.version = olderOf(offered, newestApi);
    facts.libpod ||= String(response.headers['libpod-api-version'] ?? '');
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) facts.skew = date - Date.now();
  }

  private async readAll({ response, life }: Answer, call: string): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      life.throwIfCut();
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
        : 'start the daemon or set DOCKER_HOST, then run the same command again: it continues where this one stopped',
      error,
    });
  }
}

/** Whether the connection was closed by the daemon, or its ssh lost the server. */
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

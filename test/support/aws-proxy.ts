import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** `before`: AWS has not heard of the call. `acted`: it has answered, and the client has not seen a byte of it. `after`: it was sent. */
export type AwsMoment = 'before' | 'acted' | 'after';

export interface AwsCall {
  /** From 0, in the order of arrival. */
  index: number;
  /** `ecs:CreateService`. */
  action: string;
  body: string;
}

/** Told instead of AWS's answer. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

/** Waited for. `'drop'` ends the client's connection; a reply, `before` AWS hears of it or once it has `acted`, is given instead of its own. */
export type OnAwsCall = (call: AwsCall & AwsEvent) => unknown;

export interface AwsEvent {
  moment: AwsMoment;
  /** What AWS has answered; not there `before`. */
  status?: number;
}

export interface AwsProxy {
  url: string;
  calls: AwsCall[];
  /** When each call came and was answered, for chains. */
  spans: { action: string; from: number; to: number }[];
  /** Resolves when AWS has answered all calls so far, those of a client that is dead among them. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** In front of an emulator of AWS: counts calls and lets a test act at three moments of each. */
export async function startAwsProxy(target: string, onCall: OnAwsCall = () => undefined): Promise<AwsProxy> {
  const agent = new Agent({ keepAlive: true });
  const calls: AwsCall[] = [];
  const spans: AwsProxy['spans'] = [];
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await collect(req);
    const call = { index: calls.length, action: actionOf(req, body), body };
    calls.push(call);
    const span = { action: call.action, from: performance.now(), to: Infinity };
    spans.push(span);
    const reach = async (event: AwsEvent): Promise<Reply | null> => {
      const verdict = await onCall({ ...call, ...event });
      if (verdict === 'drop') req.socket.destroy();
      return typeof verdict === 'object' && verdict !== null ? (verdict as Reply) : null;
    };
    const instead = await reach({ moment: 'before' });
    if (req.socket.destroyed) return;
    const reply = instead ?? (await pass(target, agent, req, body));
    const other = instead ? null : await reach({ moment: 'acted', status: reply.status });
    if (req.socket.destroyed) return;
    const { status, headers, body: said } = other ?? reply;
    const sent = new Promise<void>((resolve) => res.once('finish', resolve).once('close', resolve));
    res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(said) });
    res.end(said);
    await sent;
    span.to = performance.now();
    await reach({ moment: 'after', status });
  }

  const server = createServer((req, res) => {
    const work: Promise<void> = forward(req, res)
      .catch(() => void req.socket.destroy())
      .finally(() => running.delete(work));
    running.add(work);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    // A client that was killed resets its connection: that is the point, not an error.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    spans,
    settled: async () => void (await Promise.all(running)),
    async close() {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The three ways to say which: a header, a member of a form, a path. */
function actionOf(req: IncomingMessage, body: string): string {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(req.headers.authorization ?? '')?.[1] ?? 'unknown';
  const target = String(req.headers['x-amz-target'] ?? '').split('.')[1];
  const form = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  return `${service}:${target || form || `${req.method} ${decodeURIComponent(new URL(req.url ?? '/', 'http://aws').pathname)}`}`;
}

function pass(target: string, agent: Agent, req: IncomingMessage, body: string): Promise<Reply> {
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({ hostname, port, agent, method: req.method, path: req.url, headers: req.headers }, (reply) => {
      const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = reply.headers as Record<string, string>;
      collect(reply).then((said) => resolve({ status: reply.statusCode ?? 0, headers, body: said }), reject);
    });
    upstream.once('error', reject);
    upstream.end(body);
  });
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString('utf8');
}

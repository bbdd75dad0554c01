import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Parsed, where it is JSON. */
  body: { message?: string } & Record<string, unknown>;
  /** All that came, to the end of the connection. */
  text: string;
}

/** Writes bytes, closes its half, and reads until the server closes. */
export function sendRaw(socketPath: string, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
    socket.once('end', () => {
      socket.destroy();
      resolve(parse(Buffer.concat(chunks).toString('latin1')));
    });
    socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

function parse(text: string): RawAnswer {
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  const length = Number(/^Content-Length: (\d+)\r$/im.exec(text)?.[1] ?? 0);
  const start = text.indexOf('\r\n\r\n') + 4;
  const body = text.slice(start, start + length);
  return { status, text, body: body.startsWith('{') ? (JSON.parse(body) as RawAnswer['body']) : {} };
}

export interface RawParts {
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text. */
  body?: unknown;
}

/** A request as clients write it, but for what is given. */
export function rawRequest(line: string, { headers = {}, body }: RawParts = {}): string {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const length: Record<string, string> = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(text, 'latin1')) };
  const all = { Host: 'docker', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

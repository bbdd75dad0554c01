import { refuse, type Refusal } from './refusal.js';

/** What of a request's head means anything here; all else of it goes nowhere. */
export interface RequestHead {
  method: string;
  /** As the client wrote it. */
  target: string;
  /** Bytes of the body. */
  length: number;
  /** The connection is to become a raw stream (`Upgrade: tcp`). */
  upgrade: boolean;
  /** The client wants the connection closed after the answer. */
  close: boolean;
}

/** Bytes; a command and its environment fit, as the kernel takes little more. */
const longestBody = 2 ** 20;

const longestTarget = 512;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * Reads the head of a request more strictly than HTTP asks for: what two readers could take for two things is refused. Pure.
 *
 * @param text the head in Latin-1, without the empty line that ends it
 */
export function parseHead(text: string): RequestHead | Refusal {
  const [first = '', ...lines] = text.split('\r\n');
  const [, method, target] = /^([A-Z]{1,16}) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(first) ?? [];
  if (!method || !target) return refuse('the request line is not of HTTP/1.1');
  if (target.length > longestTarget) return refuse(`the path is longer than ${longestTarget} characters`);
  const headers = parseHeaders(lines);
  if (headers instanceof Map) return fromHeaders(method, target, headers);
  return headers;
}

function parseHeaders(lines: readonly string[]): Map<string, string> | Refusal {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (!name || value === undefined) return refuse('a header line is malformed');
    // No client repeats one, and of two lengths or hosts each reader may believe another.
    if (headers.has(name.toLowerCase())) return refuse(`the header ${name} is repeated`);
    headers.set(name.toLowerCase(), value.trim());
  }
  return headers;
}

function fromHeaders(method: string, target: string, headers: ReadonlyMap<string, string>): RequestHead | Refusal {
  if (headers.has('transfer-encoding')) return refuse('a body must have a Content-Length, not a Transfer-Encoding');
  if (headers.has('expect')) return refuse('Expect is not supported');
  const length = lengthOf(headers.get('content-length') ?? '0');
  if (typeof length === 'object') return length;
  const upgrade = upgradeOf(headers.get('upgrade'), headers.get('connection') ?? '');
  if (typeof upgrade === 'object') return upgrade;
  return { method, target, length, upgrade, close: headers.get('connection')?.toLowerCase() === 'close' };
}

function lengthOf(text: string): number | Refusal {
  if (!/^\d{1,15}$/.test(text)) return refuse('Content-Length is not a number');
  return Number(text) <= longestBody ? Number(text) : refuse(`the body is longer than ${longestBody} bytes`);
}

function upgradeOf(protocol: string | undefined, connection: string): boolean | Refusal {
  const asked = /(^|,)[ \t]*upgrade[ \t]*(,|$)/i.test(connection);
  if (protocol === undefined) return asked ? refuse('an upgrade must say to what') : false;
  if (protocol.toLowerCase() !== 'tcp') return refuse('the only upgrade is to tcp');
  return asked || refuse('Upgrade without Connection: Upgrade');
}

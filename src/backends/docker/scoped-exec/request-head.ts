import { refuse, type Refusal } from './refusal.js';

/** The parts of a request's head that are used. All other parts are dropped. */
export interface RequestHead {
  method: string;
  /** Path and query, exactly as the client sent them. */
  target: string;
  /** Bytes of the body. */
  length: number;
  /** The connection is to become a raw stream (`Upgrade: tcp`). */
  upgrade: boolean;
  /** The client wants the connection closed after the answer. */
  close: boolean;
}

/** Largest body in bytes. The kernel's limit for a command and its environment is about the same. */
const maxBody = 2 ** 20;

const longestTarget = 512;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * Parses the head of a request, more strictly than HTTP requires: a head that two readers could understand differently is refused. Pure.
 *
 * @param text the head in Latin-1, without its final empty line
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
    // Clients do not repeat headers, and readers differ in which of two lengths or hosts they use.
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
  return Number(text) <= maxBody ? Number(text) : refuse(`the body is longer than ${maxBody} bytes`);
}

function upgradeOf(protocol: string | undefined, connection: string): boolean | Refusal {
  const asked = /(^|,)[ \t]*upgrade[ \t]*(,|$)/i.test(connection);
  if (protocol === undefined) return asked ? refuse('Connection: Upgrade needs an Upgrade header') : false;
  if (protocol.toLowerCase() !== 'tcp') return refuse('the only upgrade is to tcp');
  return asked || refuse('Upgrade without Connection: Upgrade');
}

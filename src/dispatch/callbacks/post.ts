import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { mayReach } from './address.js';
import { hostOf, type Reach } from './url.js';

export interface Post {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Ends the request. */
  signal: AbortSignal;
}

/** Sends a request. @throws Error with a message for people: no connection, no answer, or a refused address */
export type SendPost = (post: Post) => Promise<{ status: number; retryAfter: string | undefined }>;

/** Returns the IP addresses of a name. */
export type Resolve = (name: string) => Promise<string[]>;

/**
 * Sends requests to public addresses only. The addresses of a name are checked, and the connection is made to one of the checked ones: an
 * answer of the name's server that comes later is not asked for. The body of an answer is not read, and redirects are not followed.
 */
export function poster({ networks, http: plain, resolve }: Reach & { resolve: Resolve }): SendPost {
  return async ({ url: text, headers, body, signal }) => {
    const url = new URL(text);
    if (url.protocol === 'http:' && !plain) throw new Error('http is not allowed any more');
    const addresses = await addressesOf(hostOf(url), resolve);
    // The address is not named: it may be one of a network that only the service can look into.
    if (!addresses.every((address) => mayReach(address, networks))) throw new Error(`${hostOf(url)} has an address that is not public`);
    signal.throwIfAborted();
    return send(url, { headers, body, signal }, pinned(addresses));
  };
}

async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  return addresses;
}

/** Returns the checked addresses for every name. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, answer) => {
    if (options.all) answer(null, all);
    else answer(null, all[0]!.address, all[0]!.family);
  };
}

function send(url: URL, { headers, body, signal }: Omit<Post, 'url'>, lookup: LookupFunction): ReturnType<SendPost> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      lookup,
      signal,
      agent: false,
    });
    sent.on('error', reject);
    sent.once('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode!, retryAfter: undefined });
    });
    sent.once('response', (answer) => {
      // The rest of the answer may be endless.
      answer.on('error', () => {}).destroy();
      resolve({ status: answer.statusCode!, retryAfter: answer.headers['retry-after'] });
    });
    sent.end(body);
  });
}

/**
 * Resolves names by DNS alone. The system's own resolver has few threads, which the rest of the service needs for its files: a name server that
 * never answers would hold them.
 */
export const resolveByDns: Resolve = async (name) => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  throw answers.find((answer) => answer.status === 'rejected')!.reason as Error;
};

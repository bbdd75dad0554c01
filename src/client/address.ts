import { isIP } from 'node:net';
import { MayflyError } from '../errors.js';
import { isLoopback } from '../spec/melodium.js';

/**
 * Parses the URL of a service. A path in it is kept, for a service behind a proxy.
 *
 * @throws MayflyError `usage` for another form, and for plain HTTP to another machine: the token could be read on its way
 */
export function parseAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '')
    throw wrong(text.replace(/\/\/[^/]*@/, '//'), 'must be a URL such as https://mayfly.example.com', 'correct it');
  if (url.username !== '' || url.password !== '')
    throw wrong(`${url.protocol}//${url.host}`, 'the URL has a user or password', 'remove it, and set MAYFLY_TOKEN');
  if (url.protocol === 'http:' && !isThisMachine(url.hostname))
    throw wrong(text, 'plain HTTP would show the token to the network', 'use https://, or an ssh tunnel to http://127.0.0.1:PORT');
  return new URL(url.pathname.endsWith('/') ? url.href : `${url.href}/`);
}

/** Whether a host of a URL is this machine's loopback. */
export function isThisMachine(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return host === 'localhost' || (isIP(address) !== 0 && isLoopback(address));
}

function wrong(server: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('usage', { place: { path: `server ${server}` }, cause, remedy });
}

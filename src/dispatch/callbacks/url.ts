import { isIP } from 'node:net';
import { MayflyError } from '../../errors.js';
import { mayReach } from './address.js';

/** Where callbacks may be sent. */
export interface Reach {
  /** Networks that are not public and may be reached, in CIDR notation. */
  networks: readonly string[];
  /** Whether URLs may be `http:`. */
  http: boolean;
}

/**
 * Checks the URL of a webhook. The addresses of a name are checked at each try, see `post.ts`.
 *
 * @returns the URL in its normal form
 * @throws MayflyError `usage`
 */
export function webhookUrl(text: string, { networks, http }: Reach): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) throw refused('is not a URL', 'send a URL such as https://ci.example.com/mayfly');
  if (url.protocol !== 'https:' && !(http && url.protocol === 'http:'))
    throw refused(`has the protocol ${url.protocol.slice(0, -1)}`, 'use https; `serve.webhooks.http` allows http');
  if (url.username !== '' || url.password !== '')
    throw refused('has a user or a password', 'leave them out: the receiver checks the signature');
  const host = hostOf(url);
  if (isIP(host) !== 0 && !mayReach(host, networks))
    throw refused(`has the address ${host}, which is not public`, 'use a public address; `serve.webhooks.networks` allows others');
  url.hash = '';
  return url.href;
}

/** The host name or IP address of a URL, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function refused(cause: string, remedy: string): MayflyError {
  return new MayflyError('usage', { place: { path: 'body.url' }, cause, remedy });
}

import { isIP } from 'node:net';
import { MayflyError } from '../../errors.js';

/**
 * Refuses requests that a web page makes a browser send. A page of another site has its own Origin; a page whose name was bound to this
 * service's address has its own name as Host.
 *
 * @param hosts names by which clients reach the service, beside `localhost` and addresses
 * @throws MayflyError `origin_refused`
 */
export function assertDirect({ host, origin }: { host: string | undefined; origin: string | undefined }, hosts: readonly string[]): void {
  const name = nameOf(host ?? '');
  if (name === null || !(isIP(name) !== 0 || name === 'localhost' || hosts.some((one) => one.toLowerCase() === name))) {
    throw new MayflyError('origin_refused', {
      place: { path: 'Host' },
      cause: 'is not a name of this service',
      remedy: 'use its address, or add the name to `serve.hosts` in mayfly.config.yaml',
    });
  }
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return;
  throw new MayflyError('origin_refused', {
    place: { path: 'Origin' },
    cause: 'is another site',
    remedy: 'send requests without a browser',
  });
}

/** The lower-case name in a Host header; `null` if it is none. */
function nameOf(host: string): string | null {
  const [, six, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (six ?? name)?.toLowerCase() ?? null;
}

import { unescape } from 'node:querystring';
import { MayflyError } from '../../errors.js';

/** A daemon behind an ssh server: what `ssh` is called with, once for every connection. */
export interface SshTarget {
  host: string;
  /** The daemon's socket over there, where it isn't the one that its docker command line chooses. */
  socket: string | null;
  args: string[];
  /** With PATH, by which `ssh` is found, and the agent's socket. */
  env: Record<string, string | undefined>;
}

/** Neither a user nor a host may look like an option, and the path goes through a shell over there. */
const form = /^ssh:\/\/(?:(?!-)([^@:/?#\s]+)@)?(?:\[([0-9a-f:.]+(?:%\w+)?)\]|(?!-)([\w.-]+))(?::(\d{1,5}))?(\/[\w./@:+,-]*)?$/i;

/**
 * `ssh://[user@]host[:port][/path/to.sock]`, as docker's own client takes it. All else is up to the user's ssh configuration.
 *
 * @throws MayflyError `settings_invalid`
 */
export function parseSsh(url: string, env: SshTarget['env']): SshTarget {
  const [, encodedUser, address, name, port, path = '/'] = form.exec(url) ?? [];
  const host = address === undefined ? name : unescape(address);
  const user = encodedUser === undefined ? null : unescape(encodedUser);
  if (host === undefined || user?.startsWith('-')) {
    throw new MayflyError('settings_invalid', {
      place: { path: 'DOCKER_HOST' },
      cause: `cannot reach a daemon at ${JSON.stringify(url)}: it is not ssh://[user@]host[:port][/path/to/docker.sock]`,
      remedy: 'name the host so; passwords, keys and other options belong into ~/.ssh/config',
    });
  }
  const socket = path === '/' ? null : path;
  const args = [
    '-o',
    'ConnectTimeout=30',
    ...(user === null ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', port]),
    '--',
    host,
    'docker',
    ...(socket === null ? [] : ['--host', `unix://${socket}`]),
    'system',
    'dial-stdio',
  ];
  return { host, socket, args, env };
}

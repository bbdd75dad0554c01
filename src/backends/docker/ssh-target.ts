import { unescape } from 'node:querystring';
import { MayflyError } from '../../errors.js';

/** A daemon behind an ssh server. `ssh` is started with these arguments for every connection. */
export interface SshTarget {
  host: string;
  /** Path of the daemon's socket on the server; `null`: the server's docker command chooses the socket. */
  socket: string | null;
  args: string[];
  /** Environment of `ssh`, with PATH and the agent's socket. */
  env: Record<string, string | undefined>;
}

/** Neither user nor host may look like an option. The path has only safe characters, because a remote shell reads it. */
const form = /^ssh:\/\/(?:(?!-)([^@:/?#\s]+)@)?(?:\[([0-9a-f:.]+(?:%\w+)?)\]|(?!-)([\w.-]+))(?::(\d{1,5}))?(\/[\w./@:+,-]*)?$/i;

/**
 * Parses `ssh://[user@]host[:port][/path/to.sock]`, the form of docker's own client. The user's ssh configuration decides all other settings.
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
      remedy: 'use this form; put keys and other options into ~/.ssh/config',
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

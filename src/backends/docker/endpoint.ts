import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MayflyError } from '../../errors.js';
import { homeDirectory } from '../../user.js';
import { parseSsh, type SshTarget } from './ssh-target.js';

/** The address of a daemon. */
export interface Endpoint {
  /** `unix:///var/run/docker.sock`, `tcp://host:2375`, `ssh://user@host`. */
  url: string;
  socketPath: string | null;
  host: string | null;
  port: number | null;
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } | null;
  ssh: SshTarget | null;
  /** The user has set it by `DOCKER_HOST` or a context. `false`: it is the default local socket. */
  chosen: boolean;
  /** The daemon runs on this machine, so its processes can be inspected. */
  local: boolean;
}

type Environment = Record<string, string | undefined>;

const defaultSocket = '/var/run/docker.sock';

/**
 * Finds the daemon like the docker CLI: `DOCKER_HOST`, then `DOCKER_CONTEXT` or the configuration's current context, then the
 * default socket.
 *
 * @throws MayflyError `settings_invalid` for a missing context or an unsupported scheme
 */
export function findEndpoint(env: Environment): Endpoint {
  if (env['DOCKER_HOST']) return parseEndpoint(env['DOCKER_HOST'], tlsFromEnv(env), env);
  const home = join(homeDirectory(env) ?? '/', '.docker');
  const directory = env['DOCKER_CONFIG'] ?? home;
  const named = env['DOCKER_CONTEXT'];
  const context = named ?? currentContext(directory);
  if (context && context !== 'default') {
    const endpoint = fromContext(directory, context, env);
    // Docker Desktop and similar programs make a local socket the current context without the user.
    return { ...endpoint, chosen: named !== undefined || endpoint.socketPath === null };
  }
  const desktop = join(home, 'run/docker.sock');
  const socket = !existsSync(defaultSocket) && existsSync(desktop) ? desktop : defaultSocket;
  return { ...parseEndpoint(`unix://${socket}`, null, env), chosen: false };
}

/** @throws MayflyError `settings_invalid` */
export function parseEndpoint(url: string, tls: Endpoint['tls'], env: Environment): Endpoint {
  if (url.startsWith('unix://')) {
    return { url, socketPath: url.slice('unix://'.length), host: null, port: null, tls: null, ssh: null, chosen: true, local: true };
  }
  if (url.startsWith('ssh://')) {
    const ssh = parseSsh(url, env);
    return { url, socketPath: null, host: ssh.host, port: null, tls: null, ssh, chosen: true, local: false };
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && (parsed.protocol === 'tcp:' || parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.hostname) {
    const secure = tls ?? (parsed.protocol === 'https:' ? { rejectUnauthorized: true } : null);
    const host = parsed.hostname.replace(/^\[|\]$/g, '');
    return {
      url,
      socketPath: null,
      host,
      port: Number(parsed.port || (secure ? 2376 : 2375)),
      tls: secure,
      ssh: null,
      chosen: true,
      local: false,
    };
  }
  throw new MayflyError('settings_invalid', {
    place: { path: 'DOCKER_HOST' },
    cause: `cannot reach a daemon at ${JSON.stringify(url)}: only unix://, tcp:// and ssh:// are supported`,
    remedy: 'set DOCKER_HOST to unix:///path/to/docker.sock, tcp://host:port or ssh://user@host, or unset it',
  });
}

/** The daemon as variables for the Terraform provider. They remove the context, which the provider would prefer to the address. */
export function providerEnv({ url, tls }: Endpoint): Record<string, string | undefined> {
  const pem = (content: Buffer | undefined) => content?.toString('utf8');
  return {
    DOCKER_HOST: url,
    DOCKER_CONTEXT: undefined,
    ...(tls?.cert && { DOCKER_CA_MATERIAL: pem(tls.ca), DOCKER_CERT_MATERIAL: pem(tls.cert), DOCKER_KEY_MATERIAL: pem(tls.key) }),
  };
}

function tlsFromEnv(env: Environment): Endpoint['tls'] {
  const verify = Boolean(env['DOCKER_TLS_VERIFY']);
  const directory = env['DOCKER_CERT_PATH'];
  if (!verify && !env['DOCKER_TLS']) return null;
  return { ...certificates(directory ?? join(homeDirectory(env) ?? '/', '.docker')), rejectUnauthorized: verify };
}

function currentContext(directory: string): string | undefined {
  return readJson<{ currentContext?: string }>(join(directory, 'config.json'))?.currentContext;
}

/** Layout of the docker CLI's context store: a folder named by the SHA-256 of the context's name. */
function fromContext(directory: string, name: string, env: Environment): Endpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = readJson<{ Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } }>(
    join(directory, 'contexts/meta', id, 'meta.json'),
  );
  const docker = meta?.Endpoints?.docker;
  if (!docker?.Host) {
    throw new MayflyError('settings_invalid', {
      place: { path: 'docker context' },
      cause: `there is no docker context named ${JSON.stringify(name)} in ${directory}`,
      remedy: 'choose one that `docker context ls` lists, or set DOCKER_HOST',
    });
  }
  const files = certificates(join(directory, 'contexts/tls', id, 'docker'));
  const tls = Object.keys(files).length > 0 ? { ...files, rejectUnauthorized: !docker.SkipTLSVerify } : null;
  return parseEndpoint(docker.Host, tls, env);
}

function certificates(directory: string): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const found = ['ca', 'cert', 'key'].flatMap((kind) => {
    const path = join(directory, `${kind}.pem`);
    return existsSync(path) ? [[kind, readFileSync(path)]] : [];
  });
  return Object.fromEntries(found);
}

function readJson<T>(path: string): T | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw new MayflyError('settings_invalid', {
      place: { file: path },
      cause: 'is not readable JSON',
      remedy: 'correct or delete the file',
      error,
    });
  }
}

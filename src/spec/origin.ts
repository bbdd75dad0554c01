import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { portableText } from '../labels.js';

/** Length of an origin, in characters, that every backend's labels can hold. */
const maxLength = 256;

/**
 * The origin of a spec file: its git remote and its path in the repository; outside of a repository, this host and its path. Two clones
 * of one repository have the same origin. It holds no credentials, and only characters that every backend accepts in a label.
 *
 * @returns `null` if the path is no regular file, such as a pipe
 */
export async function originOf(path: string): Promise<string | null> {
  try {
    const file = await realpath(path);
    if (!(await stat(file)).isFile()) return null;
    const repository = await repositoryOf(dirname(file));
    return originText(
      repository ? `${repository.remote}:${relative(repository.root, file).split(sep).join('/')}` : `${hostname()}:${file}`,
    );
  } catch (error) {
    // The file was removed after it was read.
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether a label's text is a valid origin. An empty text is valid: the worker has no origin. */
export function isOrigin(text: string): boolean {
  return text.length <= maxLength && text === plainText(text);
}

/** Only characters that an AWS tag can hold; line ends become spaces. */
function plainText(text: string): string {
  return portableText(text.replace(/\s/g, ' '));
}

/** Shortens an origin to `maxLength`. A shortened text ends in a digest of the whole, so that different origins stay different. */
function originText(text: string): string {
  const plain = plainText(text);
  if (text.length <= maxLength) return plain;
  return `${plain.slice(0, maxLength - 17)}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** The repository around a folder, and its remote; `null` outside of a repository, or if it has no remote. */
async function repositoryOf(folder: string): Promise<{ root: string; remote: string } | null> {
  for (let root = folder; ; root = dirname(root)) {
    const config = await readConfig(join(root, '.git'));
    if (config !== null) {
      const url = remoteUrl(config);
      return url === null ? null : { root, remote: normaliseRemote(url, root) };
    }
    if (dirname(root) === root) return null;
  }
}

/** Text of the repository's configuration. `git` is the path of `.git`, which is a file in worktrees and submodules. `null` if there is none. */
async function readConfig(git: string): Promise<string | null> {
  const link = /^gitdir: (.+)$/m.exec((await readText(git)) ?? '')?.[1];
  const directory = link === undefined ? git : resolve(dirname(git), link.trim());
  const common = (await readText(join(directory, 'commondir')))?.trim();
  return readText(join(common === undefined ? directory : resolve(directory, common), 'config'));
}

/** `null` if the file does not exist, or may not be read. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** The URL of the remote `origin`, or of the first remote, in the text of a git configuration. */
export function remoteUrl(config: string): string | null {
  const urls = new Map<string, string>();
  let remote: string | null = null;
  for (const line of config.split('\n')) {
    const section = /^\s*\[(.*)\]/.exec(line)?.[1];
    if (section !== undefined) remote = /^remote\s+"(.+)"$/i.exec(section.trim())?.[1] ?? null;
    const url = /^\s*url\s*=\s*"?([^"]*?)"?\s*$/i.exec(line)?.[1];
    if (remote !== null && url && !urls.has(remote)) urls.set(remote, url);
  }
  return urls.get('origin') ?? [...urls.values()][0] ?? null;
}

/**
 * One text for all spellings of a remote: `host/path`, without scheme, user, password, query, the port of ssh, and `.git`. A remote
 * that is a path is resolved from the repository's root and gets this host's name.
 */
export function normaliseRemote(url: string, root: string): string {
  const parsed = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : null;
  if (parsed && parsed.protocol !== 'file:') {
    const host = parsed.protocol === 'ssh:' ? parsed.hostname : parsed.host;
    return `${host.toLowerCase()}/${plainPath(parsed.pathname)}`;
  }
  const [, host, path] = /^(?:[^@/]*@)?([^:/]+):(?!\/\/)(.*)$/.exec(url) ?? [];
  if (host !== undefined && path !== undefined) return `${host.toLowerCase()}/${plainPath(path)}`;
  return `${hostname()}/${plainPath(resolve(root, parsed ? decodeURIComponent(parsed.pathname) : url))}`;
}

function plainPath(path: string): string {
  return path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .replace(/\/+$/, '');
}

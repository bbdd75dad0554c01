import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { portableText } from '../labels.js';

/** Characters of an origin: every backend's labels hold as many. */
const longest = 256;

/**
 * Where a spec file comes from: its git remote and its path in the repository, else this host and its path. Two clones of one
 * repository give the same. It holds no credentials and only characters that every backend takes in a label.
 *
 * @returns `null` for what is no regular file, such as a pipe
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
    // A file that has gone since it was read.
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether a label's text can be an origin; an empty one says that there is none. */
export function isOrigin(text: string): boolean {
  return text.length <= longest && text === plainText(text);
}

/** Only what a tag of AWS holds, without line ends. */
function plainText(text: string): string {
  return portableText(text.replace(/\s/g, ' '));
}

/** The same text for the same origin: a long one is cut and ends in a digest of the whole. */
function originText(text: string): string {
  const plain = plainText(text);
  if (text.length <= longest) return plain;
  return `${plain.slice(0, longest - 17)}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** The repository around a folder and its remote; `null` outside of one, or where it has no remote. */
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

/** The configuration of the repository at `.git`, which is a file in a worktree and in a submodule; `null` where there is none. */
async function readConfig(git: string): Promise<string | null> {
  const link = /^gitdir: (.+)$/m.exec((await readText(git)) ?? '')?.[1];
  const directory = link === undefined ? git : resolve(dirname(git), link.trim());
  const common = (await readText(join(directory, 'commondir')))?.trim();
  return readText(join(common === undefined ? directory : resolve(directory, common), 'config'));
}

/** `null`: there is no such file, or it may not be read. */
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

/** The URL of the remote `origin`, else of the first one, as a git configuration has it. */
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
 * One text for all ways to write a remote: `host/path`, without scheme, user, password, query, the port of ssh, and `.git`. A remote
 * that is a path is resolved from the repository's root and belongs to this host.
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

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Locked {
  version: string;
  dependencies?: Record<string, string>;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
}

type Packages = Record<string, Locked>;

const run = promisify(execFile);

/** A project of npm, as the texts of its two files, and the number of its packages. */
export interface NpmProject {
  packageJson: string;
  lock: string;
  count: number;
}

/**
 * Makes a project that depends on packages of this repository, with its own lock file, and a tarball of each package in `folder`.
 *
 * @param registry address of the server that has the files of `folder`
 */
export async function npmProject(wanted: readonly string[], folder: string, registry: string): Promise<NpmProject> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Packages };
  const paths = [...closureOf(packages, wanted)];
  await mkdir(folder, { recursive: true });
  const locked = await Promise.all(paths.map(async (path) => [path, await packed(path, packages[path]!, folder, registry)] as const));
  const root = {
    name: 'job',
    version: '1.0.0',
    dependencies: Object.fromEntries(wanted.map((name) => [name, packages[`node_modules/${name}`]!.version])),
  };
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { '': root, ...Object.fromEntries(locked) } };
  return { packageJson: JSON.stringify(root), lock: JSON.stringify(lock), count: paths.length };
}

/** The places of packages and of all that they depend on, as keys of the lock file. */
function closureOf(packages: Packages, wanted: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const name of Object.keys(packages[path]!.dependencies ?? {})) visit(placeOf(packages, path, name));
  };
  for (const name of wanted) visit(`node_modules/${name}`);
  return found;
}

/** The place in which Node finds a package from another one. */
function placeOf(packages: Packages, from: string, name: string): string {
  const place = `${from}/node_modules/${name}`;
  if (place in packages) return place;
  const parent = from.lastIndexOf('/node_modules/');
  return parent < 0 ? `node_modules/${name}` : placeOf(packages, from.slice(0, parent), name);
}

async function packed(path: string, { dev: _dev, ...locked }: Locked, folder: string, registry: string): Promise<Locked> {
  const file = `${path.replaceAll('/', '+')}.tgz`;
  const target = join(folder, file);
  await run('tar', ['-czf', target, '--exclude=./node_modules', '--transform', 's,^\\.,package,', '-C', path, '.']);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(target))
    .digest('base64')}`;
  return { ...locked, resolved: `${registry}/${encodeURIComponent(file)}`, integrity };
}

/** Writes the program of a registry, which serves the files of its directory. */
export async function writeRegistry(path: string, port: number): Promise<void> {
  const program = `
    const [fs, http, path] = [require('node:fs'), require('node:http'), require('node:path')];
    http.createServer((request, response) => {
      if (request.url === '/up') return response.end();
      const file = path.join(__dirname, path.basename(decodeURIComponent(request.url)));
      fs.createReadStream(file).on('error', () => response.writeHead(404).end()).pipe(response);
    }).listen(${port});`;
  await writeFile(path, program);
}

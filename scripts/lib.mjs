// What the scripts beside this file share. They run right after a clone, so they import nothing but Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command with our own streams. @returns its exit code; 1 where a signal ended it or it isn't there */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** Runs a command that must succeed. */
export function must(command, args, env) {
  const code = run(command, args, env);
  if (code !== 0) process.exit(code);
}

/** Installs what package-lock.json names, unless just that is installed. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('Installing packages (npm ci)');
  must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** By what npm wrote down when it installed; times of files say little after a checkout. */
function isInstalled() {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const wanted = readLock(join(root, 'package-lock.json'));
  const installed = readLock(installedPath);
  // Optional ones are left out where they are for another platform.
  const missing = Object.entries(wanted).filter(
    ([path, { version, optional, link }]) => path !== '' && !optional && !link && installed[path]?.version !== version,
  );
  const foreign = Object.keys(installed).filter((path) => installed[path].version !== wanted[path]?.version);
  return missing.length === 0 && foreign.length === 0;
}

function readLock(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/** Builds the bundle, unless it is younger than all that goes into it. */
export function ensureBuilt() {
  const bundle = join(root, 'dist', 'mayfly.cjs');
  const sources = ['src', 'stacks', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'];
  if (existsSync(bundle) && statSync(bundle).mtimeMs > Math.max(...sources.map((path) => youngest(join(root, path))))) return;
  console.log('Building (npm run build)');
  must('npm', ['run', '--silent', 'build']);
}

function youngest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => youngest(join(path, name))));
}

#!/usr/bin/env node
// The start of `mayfly`. Compiling the bundle would take half of a command's time, so V8's compiled code is kept in the user's cache
// directory, one file for each command, and valid for this bundle and this Node only. Without it, a command is slower.
import fs = require('node:fs');
import os = require('node:os');
import path = require('node:path');
import vm = require('node:vm');

/** Set by the build. */
declare const __VERSION__: string;
/** Hash of the bundle's content: V8 itself compares its length only. */
declare const __BUNDLE_HASH__: string;

interface Bundle {
  main(args: string[]): Promise<void>;
}
type Wrapped = (require: NodeJS.Require, module: { exports: Bundle }, filename: string) => void;

/** Milliseconds after which the code of another version is removed. */
const staleAfter = 7 * 24 * 3600 * 1000;

const args = process.argv.slice(2);
// Answered without loading the bundle.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.on('error', () => (process.exitCode = 1));
  process.stdout.write(`${__VERSION__}\n`);
} else {
  leaveDeletedDirectory();
  void load(args).main(args);
}

/** In a deleted directory, even `process.cwd()` fails. */
function leaveDeletedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.stderr.write('mayfly: the working directory was deleted; relative paths now start at /\n');
    process.chdir('/');
  }
}

function load([command = '']: string[]): Bundle {
  const filename = path.join(__dirname, 'cli.cjs');
  const root = cacheRoot();
  const cache =
    root && path.join(root, `${__BUNDLE_HASH__}-${process.version}-${process.arch}`, `${/^[a-z]+$/.test(command) ? command : 'other'}.bin`);
  const cachedData = cache ? readIfThere(cache) : undefined;
  // Plain ASCII, as the build writes it.
  const source = `(function (require, module, __filename) {${fs.readFileSync(filename, 'latin1')}\n})`;
  const script = new vm.Script(source, { filename, ...(cachedData && { cachedData }) });
  if (root && cache && (!cachedData || script.cachedDataRejected)) process.once('exit', () => keep(root, cache, script));
  const module = { exports: {} as Bundle };
  (script.runInThisContext() as Wrapped)(require, module, filename);
  return module.exports;
}

/** `null` for a user without a home directory. */
function cacheRoot(): string | null {
  try {
    return path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'mayfly', 'code');
  } catch {
    return null;
  }
}

/** Reads no file that another user wrote: its code would run as this user. */
function readIfThere(file: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    return isOurs(fs.fstatSync(opened)) ? fs.readFileSync(opened) : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) fs.closeSync(opened);
  }
}

function isOurs({ uid, mode }: fs.Stats): boolean {
  const own = process.geteuid?.() ?? uid;
  return (uid === own || uid === 0) && (mode & 0o022) === 0;
}

/** Stores the code that this run has compiled. A failure to write costs time only. */
function keep(root: string, file: string, script: vm.Script): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const ours = [path.dirname(root), root, path.dirname(file)];
  try {
    fs.mkdirSync(path.dirname(ours[0]!), { recursive: true, mode: 0o700 });
    for (const directory of ours) {
      if (!fs.existsSync(directory)) fs.mkdirSync(directory, { mode: 0o700 });
      const stat = fs.lstatSync(directory);
      // In another user's directory, or through a link, files elsewhere would be written and removed.
      if (!stat.isDirectory() || !isOurs(stat)) return;
    }
    fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600, flag: 'wx' });
    fs.renameSync(temporary, file);
    for (const name of fs.readdirSync(root)) {
      const other = path.join(root, name);
      if (other !== path.dirname(file) && fs.statSync(other).mtimeMs < Date.now() - staleAfter)
        fs.rmSync(other, { recursive: true, force: true });
    }
  } catch {
    removeIfPossible(temporary);
  }
}

function removeIfPossible(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch {
    // It was not written.
  }
}

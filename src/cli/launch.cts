#!/usr/bin/env node
// What `mayfly` starts as. Half of a command's time would go into compiling its bundle: V8's code of it is kept in the user's cache
// directory, one file a command, and read instead. It is for this bundle and this Node alone; without it all is the same but slower.
import fs = require('node:fs');
import os = require('node:os');
import path = require('node:path');
import vm = require('node:vm');

/** Set by the build. */
declare const __VERSION__: string;
/** Of the bundle's content: V8 itself compares no more than its length. */
declare const __BUNDLE_HASH__: string;

interface Bundle {
  main(args: string[]): Promise<void>;
}
type Wrapped = (require: NodeJS.Require, module: { exports: Bundle }, filename: string) => void;

/** Milliseconds after which the code of another version counts as left behind. */
const staleAfter = 7 * 24 * 3600 * 1000;

const args = process.argv.slice(2);
// Answered before anything is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.on('error', () => (process.exitCode = 1));
  process.stdout.write(`${__VERSION__}\n`);
} else {
  leaveDeletedDirectory();
  void load(args).main(args);
}

/** Nothing works in a directory that is not there any more, not even finding out where this is. */
function leaveDeletedDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.stderr.write('mayfly: the working directory was deleted; relative paths count from / now\n');
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

/** Nothing that another user wrote: it would run as us. */
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

/** With all that this run has called compiled in it. A place that cannot be written to costs time and nothing else. */
function keep(root: string, file: string, script: vm.Script): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const ours = [path.dirname(root), root, path.dirname(file)];
  try {
    fs.mkdirSync(path.dirname(ours[0]!), { recursive: true, mode: 0o700 });
    for (const directory of ours) {
      if (!fs.existsSync(directory)) fs.mkdirSync(directory, { mode: 0o700 });
      const stat = fs.lstatSync(directory);
      // Below another user's, or a link, what is written and removed here would be elsewhere.
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
    // Nothing was written.
  }
}

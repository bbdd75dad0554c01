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
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) process.stdout.write(`${__VERSION__}\n`);
else void load(args).main(args);

function load([command = '']: string[]): Bundle {
  const filename = path.join(__dirname, 'cli.cjs');
  const cache = path.join(
    cacheRoot(),
    `${__BUNDLE_HASH__}-${process.version}-${process.arch}`,
    `${/^[a-z]+$/.test(command) ? command : 'other'}.bin`,
  );
  const cachedData = readIfThere(cache);
  // Plain ASCII, as the build writes it.
  const source = `(function (require, module, __filename) {${fs.readFileSync(filename, 'latin1')}\n})`;
  const script = new vm.Script(source, { filename, ...(cachedData && { cachedData }) });
  if (!cachedData || script.cachedDataRejected) process.once('exit', () => keep(cache, script));
  const module = { exports: {} as Bundle };
  (script.runInThisContext() as Wrapped)(require, module, filename);
  return module.exports;
}

function cacheRoot(): string {
  return path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'mayfly', 'code');
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** With all that this run has called compiled in it. A place that cannot be written to costs time and nothing else. */
function keep(file: string, script: vm.Script): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600 });
    fs.renameSync(temporary, file);
    for (const name of fs.readdirSync(cacheRoot())) {
      const other = path.join(cacheRoot(), name);
      if (other !== path.dirname(file) && fs.statSync(other).mtimeMs < Date.now() - staleAfter)
        fs.rmSync(other, { recursive: true, force: true });
    }
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

// Builds what a user installs: the command line and the module for programs. cdktf and the provider packages are folded in, so
// that none of them is needed to run.
import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Two thirds of a large synthesis go into what nothing here needs, and half of the code is never called. cdktf records a stack trace with every token, and looks for tokens
 * in every key, flag and word. The first is left out, the second only done where a token can be. The golden stacks hold the output.
 */
const leanCdktf = {
  name: 'lean-cdktf',
  setup(esbuild) {
    // Half of the bundle: it packs assets, and a worker's stack has none.
    esbuild.onLoad({ filter: /node_modules[\\/]archiver[\\/]index\.js$/ }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    // Node 22 and later print a deprecation warning for `util.isArray`.
    esbuild.onLoad({ filter: /cdktf[\\/]lib[\\/]terraform-output\.js$/ }, async ({ path }) => ({
      contents: replaceAllOf(await readFile(path, 'utf8'), [['(0, util_2.isArray)(object)', 'Array.isArray(object)']]),
      loader: 'js',
    }));
    const tokens = 'cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]';
    esbuild.onLoad({ filter: new RegExp(`${tokens}stack-trace\\.js$`) }, () => ({
      contents: 'exports.captureStackTrace = () => [];',
      loader: 'js',
    }));
    esbuild.onLoad({ filter: new RegExp(`${tokens}resolve\\.js$`) }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      // Every kind of token has a brace or, as a number in a text, a digit.
      const plain = 'const plain = (x) => typeof x === "boolean" || (typeof x === "string" && !/[{\\d]/.test(x));\n';
      return {
        loader: 'js',
        contents: replaceAllOf(source, [
          ['function resolve(obj, options) {', `${plain}function resolve(obj, options) {\n if (plain(obj)) return obj;`],
          ['const resolvedKey = makeContext()[0].resolve(key);', 'const resolvedKey = plain(key) ? key : makeContext()[0].resolve(key);'],
          [
            'const value = makeContext(key)[0].resolve(obj[key]);',
            'const value = obj[key] === undefined || plain(obj[key]) ? obj[key] : makeContext(key)[0].resolve(obj[key]);',
          ],
        ]),
      };
    });
  },
};

/**
 * Half of a command's start would go into help that nobody asked for: yargs renders it for every command, and what measures its
 * words sets up Unicode's tables when it is loaded. They are left to words that need them.
 */
const lateHelp = {
  name: 'late-help',
  setup(esbuild) {
    esbuild.onLoad({ filter: /node_modules[\\/]yargs[\\/]build[\\/]lib[\\/]command\.js$/ }, async ({ path }) => ({
      contents: replaceAllOf(await readFile(path, 'utf8'), [['yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();', '']]),
    }));
    esbuild.onResolve({ filter: /^string-width$/ }, async ({ path, kind, resolveDir, namespace }) => {
      if (kind !== 'import-statement' || namespace !== 'file') return undefined;
      const real = await esbuild.resolve(path, { resolveDir, kind: 'require-call' });
      return { path: real.path, namespace: 'late-width' };
    });
    esbuild.onLoad({ filter: /.*/, namespace: 'late-width' }, ({ path }) => ({
      contents: `export default (text, options) =>
        /^[\\x20-\\x7e]*$/.test(text) ? text.length : require(${JSON.stringify(path)}).default(text, options);`,
      resolveDir: root,
    }));
  },
};

/** Replaces each text once; a text that isn't there is another version than this was written for. */
function replaceAllOf(source, replacements) {
  for (const [from, to] of replacements) {
    if (source.split(from).length !== 2) throw new Error(`a package has changed: ${from}`);
    source = source.replace(from, () => to);
  }
  return source;
}

/** An `apart.ts` is a file of its own beside the command line's, read when it is asked for: a backend with a large SDK, the service. */
const apart = {
  name: 'apart',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.\/apart\.js$/ }, ({ kind, importer }) =>
      kind === 'dynamic-import' ? { path: `./${basename(dirname(importer))}.cjs`, external: true } : undefined,
    );
  },
};

const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  plugins: [leanCdktf, lateHelp],
  logLevel: 'warning',
};

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
// For programs: an ES module with a chunk for each part that is loaded late. An error that a program does not catch is printed with the
// line of its source, so the lines are left as they are.
await build({
  ...common,
  minify: false,
  keepNames: true,
  entryPoints: { index: 'src/index.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages inside an ES module call `require` for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
// The command line: one file, so that its compiled code can be kept, and what starts it.
const commandLine = { ...common, format: 'cjs', outExtension: { '.js': '.cjs' } };
const bundled = {
  ...commandLine,
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};
await build({
  ...bundled,
  entryPoints: { cli: 'src/cli/main.ts' },
  plugins: [...common.plugins, apart],
  supported: { 'dynamic-import': false },
});
// From their modules, the SDK's clients come without the calls that nobody makes.
const apartFiles = (await readdir(new URL('../src', import.meta.url), { recursive: true })).filter((path) => basename(path) === 'apart.ts');
await build({
  ...bundled,
  entryPoints: Object.fromEntries(apartFiles.map((path) => [basename(dirname(path)), `src/${path}`])),
  mainFields: ['module', 'main'],
  plugins: [...common.plugins, apart],
});
// The program in the sandbox of a Wasm module, which may read this file and no other.
await build({ ...commandLine, entryPoints: { 'wasm-runner': 'src/tasks/wasm/guest/main.ts' }, plugins: [] });
// A module as a command in a worker, which starts the program above.
await build({
  ...common,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  entryPoints: { 'wasm-task': 'src/tasks/wasm/program/main.ts' },
  plugins: [],
});
// The service's SQLite for a Node without its own, which is read beside the service's file.
const wasm = 'node-sqlite3-wasm.wasm';
await copyFile(new URL(`../node_modules/node-sqlite3-wasm/dist/${wasm}`, import.meta.url), new URL(`../dist/${wasm}`, import.meta.url));
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const hash = createHash('sha256')
  .update(await readFile(new URL('../dist/cli.cjs', import.meta.url)))
  .digest('hex');
await build({
  ...commandLine,
  entryPoints: { mayfly: 'src/cli/launch.cts' },
  define: { __VERSION__: JSON.stringify(version), __BUNDLE_HASH__: JSON.stringify(hash.slice(0, 16)) },
});

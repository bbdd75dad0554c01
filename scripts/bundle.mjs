// Builds what a user installs: one ES module bundle with a chunk for each part that is loaded late. cdktf and the provider
// packages are folded in, so that none of them is needed to run.
import { readFile, rm } from 'node:fs/promises';
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

/** Replaces each text once; a text that isn't there is another cdktf than this was written for. */
function replaceAllOf(source, replacements) {
  for (const [from, to] of replacements) {
    if (source.split(from).length !== 2) throw new Error(`cdktf has changed: ${from}`);
    source = source.replace(from, () => to);
  }
  return source;
}

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { mayfly: 'src/cli/main.ts', index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages inside an ES module call `require` for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  plugins: [leanCdktf],
  logLevel: 'warning',
});

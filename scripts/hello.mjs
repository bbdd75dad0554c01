// `npm run hello`: right after a clone, a worker is planned, applied, used and ended, all with local processes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './lib.mjs';

ensureInstalled();
ensureBuilt();

// A state directory of its own: what the user's other workers do is none of this one's business.
const home = mkdtempSync(join(tmpdir(), 'mayfly-hello-'));
const env = { ...process.env, MAYFLY_STATE_DIR: join(home, 'state'), MAYFLY_PROCESS_DIR: join(home, 'processes') };

/** Runs `mayfly …` as a user would; `show: false` keeps its output for us. @returns its standard output */
function mayfly(args, { show = true } = {}) {
  console.log(`\n$ mayfly ${args.join(' ')}`);
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist', 'mayfly.cjs'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', show ? 'inherit' : 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`mayfly ${args[0]} ended with ${status}`);
  return stdout ?? '';
}

let applied = false;
// Ctrl-C reaches mayfly too, which ends in its own way; we go on to the destroy.
process.on('SIGINT', () => {});

try {
  mayfly(['plan', 'examples/hello.yaml']);
  applied = true;
  mayfly(['apply', 'examples/hello.yaml', '--auto-approve']);

  const output = mayfly(['output', 'hello', '--json'], { show: false });
  process.stdout.write(output);
  const { addresses, port } = JSON.parse(output).access.value;
  const url = `http://${addresses[0].includes(':') ? `[${addresses[0]}]` : addresses[0]}:${port}/`;
  console.log(`\n$ curl ${url}`);
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  console.log((await answer.text()).trimEnd());
  if (!answer.ok) throw new Error(`the worker answered ${answer.status}`);
} catch (error) {
  console.error(`\n${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exitCode = 1;
}

try {
  if (applied) {
    mayfly(['destroy', 'hello', '--auto-approve']);
    const list = mayfly(['list'], { show: false });
    process.stdout.write(list);
    if (/^\s*hello\b/m.test(list)) throw new Error('mayfly list still shows the worker');
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
} catch (error) {
  console.error(`\n${error.message}; what there is of it is kept in ${home}`);
  process.exitCode = 1;
}

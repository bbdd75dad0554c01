import { processBackend } from '../../src/backends/process/index.js';
import { nodeSystem } from '../../src/backends/process/node-system.js';
import { composeRuntime } from '../../src/runtime/compose.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { runKeeper } from '../../src/keeper/daemon.js';
import { sweep } from '../../src/lease/sweep.js';
import { loadSpec } from '../../src/spec/load.js';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { extendWorker } from '../../src/worker/extend.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { crashAt } from './crash-at.js';
import { beginCall } from '../../src/worker/call.js';

/**
 * A program of its own that does to a worker of the process backend what a command does, and dies at an act:
 * `node process-entry <what> <spec> <n> <before|after> <cli> [milliseconds ahead]`. Unharmed it prints the number of its acts.
 */
const [what = '', file = '', at = '0', when = 'before', cli = '', ahead = '0'] = process.argv.slice(2);
const { env } = process;
const { system, count } = crashAt(nodeSystem, Number(at), when);
const clock: Clock = { ...systemClock, now: () => systemClock.now() + Number(ahead) };
const backend = processBackend({ root: env['MAYFLY_PROCESS_DIR']!, clock, env, system });
const { signal } = new AbortController();
const composed = composeRuntime({
  env,
  stateDir: env['MAYFLY_STATE_DIR']!,
  settings: { ...defaultSettings, backend: 'process' },
});
const keeper = new KeeperClient({
  layout: composed.layout,
  clock: systemClock,
  env,
  version: '0.1.0',
  command: [process.execPath, cli, 'keeper', 'run'],
});
const call = { ...beginCall(composed), clock, openNode: () => Promise.resolve(backend), keeper };
const { spec } = await loadSpec(file, { env, cwd: '/' });
const log = { info: () => undefined, warn: () => undefined };

const doings: Record<string, () => Promise<unknown>> = {
  apply: () => applyWorker(call, spec, { strict: false }),
  destroy: () => destroyWorker(call, spec.name, { backend: 'process' }),
  extend: () => extendWorker(call, spec.name, 60, 'process'),
  keeper: () =>
    runKeeper({
      version: '0.1.0',
      layout: call.layout,
      clock,
      log,
      openBackend: () => Promise.resolve(backend),
      requestFor: () => Promise.reject(new Error('nothing is known')),
      resident: null,
      signal,
    }),
  gc: () => sweep({ backend, layout: call.layout, clock, dryRun: false, lockTimeout: 0 }),
};
await doings[what]!();
backend.close();
composed.close();
process.stdout.write(String(count()));

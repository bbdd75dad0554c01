import { KeeperClient } from '../../src/keeper/client.js';
import { composeRuntime } from '../../src/runtime/compose.js';
import { parseSpec } from '../../src/spec/parse.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { type Call, beginCall } from '../../src/worker/call.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { cliPath } from './run-cli.js';
import { afterTest } from './temp-dir.js';

/** One process with two Docker daemons as its nodes, and the keeper of the command line. */
export function twoNodes(stateDir: string, env: Record<string, string | undefined>, first: string, second: string): Call {
  const nodes = [
    { name: 'docker', settings: { endpoint: first } },
    { name: 'docker@second', settings: { endpoint: second } },
  ];
  const runtime = composeRuntime({ env, stateDir, settings: defaultSettings, nodes });
  afterTest(() => runtime.close());
  const { layout, clock } = runtime;
  const keeper = new KeeperClient({ layout, clock, env, version: '0.1.0', command: [process.execPath, cliPath, 'keeper', 'run'] });
  return beginCall({ ...runtime, keeper });
}

/** A worker of an engine alone. */
export function smallSpec(name: string, image: string, seconds: number): WorkerSpec {
  const size = { cpu: 10, memory: 16, storage: 10 };
  const content = { name, max_duration: seconds, ...size, engine: { image, command: ['sleep', '100000'] } };
  return parseSpec(JSON.stringify(content), { file: 'w.json', env: {}, directory: '/' }).spec;
}

import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };
import { embeddedApplier } from '../apply/embedded/index.js';
import type { Entry, Environment } from '../backends/ports/entry.js';
import { entries as registered } from '../backends/registry.js';
import { type Clock, systemClock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { KeeperClient } from '../keeper/client.js';
import type { Stack } from '../plan/stack.js';
import { StateLayout } from '../state/layout.js';
import type { Runtime } from '../worker/runtime.js';
import type { Settings } from '../worker/settings.js';
import { homeDirectory } from '../user.js';
import { type NodeSettings, oneOfEach, openNodes } from './nodes.js';
import { programPath } from './program-path.js';

export interface ComposeOptions {
  env: Environment;
  stateDir: string;
  settings: Settings;
  /** Default: the system clock. */
  clock?: Clock;
  /** Kinds of backends; default: the registry's. */
  entries?: readonly Entry[];
  /** Default: one of each kind, named as the kind. */
  nodes?: readonly NodeSettings[];
}

/** Makes the runtime of a process. `close` closes the nodes' connections. */
export function composeRuntime(options: ComposeOptions): Runtime & { close(): void } {
  const { settings, env, clock = systemClock, entries = registered } = options;
  const layout = new StateLayout(options.stateDir, clock);
  const nodes = openNodes({ entries, nodes: options.nodes ?? oneOfEach(entries, settings.backends), env, clock });
  return {
    clock,
    newId: randomUUID,
    layout,
    settings,
    env,
    nodes,
    openNode: nodes.open,
    async openApplier(name) {
      const { stateBackend } = settings;
      if (name === 'embedded' && stateBackend) throw needsCli(stateBackend.type);
      if (name === 'embedded') return embeddedApplier;
      const { terraformApplier } = await import('../apply/terraform/index.js');
      return terraformApplier({ product: name, env, cacheDir: cacheDir(env), scratch: layout.scratch.bind(layout), clock, stateBackend });
    },
    async synthesize(input) {
      const [Stack, { synthesizeAs }] = await Promise.all([
        nodes.entry(input.offer.backend).loadStack(),
        import('../../stacks/synthesize.js'),
      ]);
      return synthesizeAs(Stack, { ...input, longest: settings.maxLifetime }) as unknown as Stack;
    },
    keeper: new KeeperClient({ layout, clock, env, version: pkg.version, command: [process.execPath, programPath(), 'keeper', 'run'] }),
    close: nodes.close,
  };
}

/** The directory of Terraform plugins shared by all workers, by the XDG convention. */
function cacheDir(env: Environment): string {
  return join(env['XDG_CACHE_HOME'] || join(homeDirectory(env) ?? tmpdir(), '.cache'), 'mayfly');
}

function needsCli(type: string): MayflyError {
  return new MayflyError('settings_invalid', {
    place: { path: 'state_backend' },
    cause: `states are stored in ${type}, which only terraform and tofu can read; the embedded applier stores them in its own directory`,
    remedy: 'give --applier terraform or --applier tofu, or remove state_backend from the settings',
  });
}

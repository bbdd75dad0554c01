import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkg from '../../package.json' with { type: 'json' };
import { embeddedApplier } from '../apply/embedded/index.js';
import type { Backend } from '../backends/ports/backend.js';
import { type Clock, systemClock } from '../clock.js';
import { MayflyError } from '../errors.js';
import type { Emit } from '../events.js';
import { KeeperClient } from '../keeper/client.js';
import type { Stack } from '../plan/stack.js';
import type { BackendName } from '../spec/worker-spec.js';
import { StateLayout } from '../state/layout.js';
import type { House } from '../worker/house.js';
import type { Settings } from '../worker/settings.js';
import { homeDirectory } from '../user.js';
import { programPath } from './program-path.js';

type Environment = Record<string, string | undefined>;

/** Each backend, loaded when it is first asked for. */
const backendFactories: Record<BackendName, (env: Environment, clock: Clock) => Promise<Backend>> = {
  async docker(env, clock) {
    const [{ dockerBackend, defaultExecRoot }, { findEndpoint }] = await Promise.all([
      import('../backends/docker/index.js'),
      import('../backends/docker/endpoint.js'),
    ]);
    return dockerBackend({ endpoint: findEndpoint(env), clock, execRoot: defaultExecRoot(env), env });
  },
  async aws(env, clock) {
    const { awsBackend } = await import('../backends/aws/index.js');
    return awsBackend({ env, clock });
  },
  async process(env, clock) {
    const { processBackend, defaultProcessRoot } = await import('../backends/process/index.js');
    return processBackend({ root: defaultProcessRoot(env as NodeJS.ProcessEnv, tmpdir()), clock, env: env as NodeJS.ProcessEnv });
  },
};

function factoryOf(name: BackendName): (env: Environment, clock: Clock) => Promise<Backend> {
  const factory = backendFactories[name];
  if (factory) return factory;
  throw new MayflyError('usage', { cause: `there is no backend ${name}` });
}

export interface ComposeOptions {
  env: Environment;
  stateDir: string;
  settings: Settings;
  emit: Emit;
  stop: AbortSignal;
  abort: AbortSignal;
}

/** The house with its real parts. `close` lets go of the backends' connections. */
export function composeHouse(options: ComposeOptions): House & { close(): void } {
  const { settings, emit, stop, abort } = options;
  const env = { ...options.env, ...awsVariables(settings) };
  const clock = systemClock;
  const layout = new StateLayout(options.stateDir, clock);
  const opened = new Map<BackendName, Promise<Backend>>();
  return {
    clock,
    newId: randomUUID,
    layout,
    settings,
    emit,
    env,
    openBackend(name) {
      const backend = opened.get(name) ?? factoryOf(name)(env, clock);
      opened.set(name, backend);
      return backend;
    },
    async openApplier(name) {
      const { stateBackend } = settings;
      if (name === 'embedded' && stateBackend) throw needsCli(stateBackend.type);
      if (name === 'embedded') return embeddedApplier;
      const { terraformApplier } = await import('../apply/terraform/index.js');
      return terraformApplier({ product: name, env, cacheDir: cacheDir(env), scratch: layout.scratch.bind(layout), clock, stateBackend });
    },
    async synthesize(input) {
      const { synthesize } = await import('../../stacks/index.js');
      return (await synthesize({ ...input, longest: settings.maxLifetime })) as unknown as Stack;
    },
    keeper: new KeeperClient({ layout, clock, env, version: pkg.version, command: [process.execPath, programPath(), 'keeper', 'run'] }),
    stop,
    abort,
    close() {
      for (const backend of opened.values()) void backend.then((one) => one.close()).catch(() => {});
    },
  };
}

/** What decides where on AWS: a keeper finds it by its environment alone. */
function awsVariables({ aws }: Settings): Environment {
  return {
    ...(aws?.region && { MAYFLY_AWS_REGION: aws.region }),
    ...(aws?.cluster && { MAYFLY_AWS_CLUSTER: aws.cluster }),
    ...(aws && aws.subnets.length > 0 && { MAYFLY_AWS_SUBNETS: aws.subnets.join(',') }),
  };
}

/** As the XDG convention has it, where plugins that every worker needs are kept once. */
function cacheDir(env: Environment): string {
  return join(env['XDG_CACHE_HOME'] || join(homeDirectory(env) ?? tmpdir(), '.cache'), 'mayfly');
}

function needsCli(type: string): MayflyError {
  return new MayflyError('settings_invalid', {
    place: { path: 'state_backend' },
    cause: `states are kept in ${type}, which only the terraform and tofu commands read; the embedded applier keeps them in its own directory`,
    remedy: 'give --applier terraform or --applier tofu, or take state_backend out of the settings',
  });
}

/** A backend as another process's keeper found it. */
export function openBackend(name: BackendName, env: Environment): Promise<Backend> {
  return factoryOf(name)(env, systemClock);
}

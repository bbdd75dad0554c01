import { join } from 'node:path';
import type { Hono } from 'hono';
import type { Log } from '../log.js';
import type { Runtime } from '../worker/runtime.js';
import { Callbacks } from './callbacks/callbacks.js';
import type { Hook } from './callbacks/hooks.js';
import type { SendPost } from './callbacks/post.js';
import { WebhookSecrets } from './callbacks/secrets.js';
import { Dispatcher } from './dispatcher.js';
import { Feed } from './events/feed.js';
import { type AppOptions, makeApp } from './http/app.js';
import { moduleNodesFor } from './functions/module-nodes.js';
import { ModuleFiles } from './functions/modules.js';
import { FunctionRegistry } from './functions/registry.js';
import { holdUpgrade } from './http/hold.js';
import { FunctionTasks } from './functions/tasks.js';
import { execRoutes } from './http/exec/route.js';
import { execUpgrade } from './http/exec/exec.js';
import { fileRoutes } from './http/files/routes.js';
import { allocationRoutes } from './http/routes/allocations.js';
import { bidRoutes } from './http/routes/bids.js';
import { melodiumRoutes } from './http/melodium/routes.js';
import { functionRoutes } from './http/routes/functions.js';
import { fleetRoutes } from './http/routes/fleets.js';
import { healthRoutes } from './http/routes/health.js';
import { metricsRoutes } from './http/routes/metrics.js';
import { moveRoutes } from './http/routes/moves.js';
import { nodeRoutes } from './http/routes/nodes.js';
import { offerRoutes } from './http/routes/offers.js';
import { resultsRoutes } from './http/routes/results.js';
import { runRoutes } from './http/routes/runs.js';
import { taskOutputRoute } from './http/tasks/output-route.js';
import { taskRoutes } from './http/tasks/routes.js';
import { transferRoutes } from './http/transfers/routes.js';
import { tokenRoutes } from './http/routes/tokens.js';
import { eventRoutes } from './http/streams/event-routes.js';
import { logRoutes } from './http/streams/log-routes.js';
import { Streams } from './http/streams/streams.js';
import { tunnel } from './http/tunnel.js';
import type { Upgrade } from './http/upgrades.js';
import { usageRoutes } from './http/routes/usage.js';
import { webhookRoutes } from './http/routes/webhooks.js';
import { whyRoutes } from './http/routes/why.js';
import type { Installation } from './installation.js';
import { Limits } from './limits.js';
import { Metrics } from './metrics.js';
import { defaultTerms } from './nodes/terms.js';
import { redactor } from './outside/redact.js';
import { Policy } from './policy.js';
import type { ResultsDirectory } from './results/directory.js';
import type { Publisher } from './results/publisher.js';
import type { Run } from './run.js';
import type { StoreKey } from './secrets/key.js';
import { openVault, type Vault } from './secrets/vault.js';
import type { DispatchSettings } from './settings.js';
import type { NodeSetting, Organisation } from './settings/parse.js';
import type { Store } from './store/store.js';

/** Terms and permissions of a node. */
export type ServedNode = Pick<NodeSetting, 'name' | 'asUser' | 'functions' | 'terms' | 'allow'>;

export interface ComposeParts {
  runtime: Runtime;
  store: Store;
  settings: DispatchSettings;
  nodes: readonly ServedNode[];
  /** By name. One that is not here has no permissions and no limits. */
  organisations: ReadonlyMap<string, Organisation>;
  installation: Installation;
  /** Names by which clients reach the service, beside its addresses. */
  hosts: readonly string[];
  key: StoreKey;
  /** The program that runs a module: Node's path and a file's. */
  moduleProgram: readonly string[];
  /** Sends a request to a webhook. */
  send: SendPost;
  /** Hooks of programs that have the service in their own process. */
  hooks: readonly Hook[];
  results: ResultsDirectory;
  publisher: Publisher;
  log: Log;
  version: string;
  /** From 0 to 1. */
  random(): number;
  /** Returns as many random bytes. */
  randomBytes(bytes: number): Uint8Array;
  /** Whether it takes requests. */
  ready(): boolean;
}

/** Connects the parts of the service: the dispatcher, and the API in front of it. */
export function composeService(parts: ComposeParts): {
  dispatcher: Dispatcher;
  callbacks: Callbacks;
  streams: Streams;
  app: Hono;
  upgrades: Upgrade[];
} {
  const { runtime, store, settings, nodes, organisations, installation, key, log, version, hosts, random, randomBytes, ready } = parts;
  const { clock } = runtime;
  const vault = openVault(key, randomBytes);
  const limits = new Limits(organisations, runtime.clock);
  const policy = new Policy({ nodes, organisations, melodiumImages: runtime.env['MELODIUM_IMAGES_PULL_SOURCE'] });
  const metrics: Metrics = new Metrics(() => dispatcher, store.webhooks);
  const secrets = new WebhookSecrets(key, randomBytes);
  const callbacks = new Callbacks({
    ...{ webhooks: store.webhooks, secrets, send: parts.send, clock, log, version, random, settings },
    dispatcher: () => dispatcher,
    tried: (one) => metrics.tried(one),
  });
  const modules = new ModuleFiles(join(runtime.layout.root, 'serve', 'modules'), runtime.layout.root);
  const registry = new FunctionRegistry({ functions: store.functions, modules, key, randomBytes });
  const moduleNodes = nodes.filter((node) => node.functions).map(({ name }) => name);
  const functionTasks: FunctionTasks = new FunctionTasks({
    ...{ registry, modules, program: parts.moduleProgram },
    nodes: moduleNodes,
    nodesFor: (pool) => moduleNodesFor(pool, { names: moduleNodes, nodes: dispatcher.nodes, offers: dispatcher.offers }),
  });
  const dispatcher: Dispatcher = new Dispatcher({
    ...{ runtime, store, settings, installation, log, policy, limits, observer: metrics, random },
    hooks: [({ run }) => callbacks.sender.wake(run.organisation), ...parts.hooks],
    termsOf: (name) => nodes.find((node) => node.name === name)?.terms ?? defaultTerms,
    sealFor: ({ id, spec }, sealed) => vault.split(vault.join(id, spec, sealed)).sealed,
    specOf: async ({ id, spec }) => vault.join(id, spec, await store.secrets(id)),
    envOf: async ({ id, command }) => vault.joinEnv(id, command?.env ?? {}, await store.secrets(id)),
    ...{ results: parts.results, publisher: parts.publisher },
    runsModules: (node) => moduleNodes.includes(node),
    inputOf: async (task, node) => functionTasks.inputOn(node, task, vault.openTask(task.id, await store.tasks.sealed(task.id))),
    hiderOf: (run) => hiderOf(run, store, vault),
  });
  const streams = new Streams();
  const routes = [
    ...logRoutes({ runs: dispatcher.runs, runtime, streams, log }),
    ...eventRoutes({ runs: dispatcher.runs, store, feed: new Feed(store), streams, clock }),
    ...runRoutes({ dispatcher, store, layout: runtime.layout, policy, limits, vault }),
    ...melodiumRoutes({ dispatcher, store, layout: runtime.layout, policy, limits, vault }),
    ...moveRoutes({ dispatcher, policy, limits, vault }),
    ...resultsRoutes({ dispatcher, directory: parts.results, streams, runtime }),
    ...whyRoutes({ dispatcher, now: () => runtime.clock.now() }),
    ...bidRoutes({ dispatcher, policy, limits, vault }),
    ...fleetRoutes({ dispatcher, store, layout: runtime.layout, policy, limits, vault }),
    ...allocationRoutes({ dispatcher, store, limits, vault }),
    ...nodeRoutes({ dispatcher, store, margin: settings.fenceMargin, installation: installation.id }),
    ...execRoutes,
    ...fileRoutes({ runs: dispatcher.runs, runtime, streams }),
    ...transferRoutes({ runs: dispatcher.runs, transfers: dispatcher.transfers, streams, clock, log }),
    ...offerRoutes({ dispatcher, policy, vault }),
    ...usageRoutes({ store, clock: runtime.clock, nowOf: (node) => dispatcher.nodes.get(node)?.now ?? runtime.clock.now() }),
    ...taskRoutes({ dispatcher, store, vault, functionTasks, limits, clock }),
    taskOutputRoute({ dispatcher, streams }),
    ...tokenRoutes({ tokens: store.tokens, clock, randomBytes, removed: (id) => streams.revoke(id) }),
    ...webhookRoutes({ webhooks: store.webhooks, sender: callbacks.sender, secrets, reach: settings.webhooks, clock }),
    ...functionRoutes({ registry, functions: store.functions, limits, clock }),
    ...metricsRoutes(metrics),
    ...healthRoutes(ready),
  ];
  const onReply: AppOptions['onReply'] = (method, route, status) => metrics.requested(method, route, status);
  return {
    dispatcher,
    callbacks,
    streams,
    app: makeApp({ routes, tokens: store.tokens, log, version, clock, hosts, onReply }),
    upgrades: [
      tunnel({ runs: dispatcher.runs, layout: runtime.layout, runtime }),
      execUpgrade({ runs: dispatcher.runs, runtime, log }),
      holdUpgrade(dispatcher),
    ],
  };
}

/** Without the right key, nothing can be hidden, and the run fails because of the key. */
async function hiderOf({ id }: Pick<Run, 'id'>, store: Store, vault: Vault): Promise<<T>(value: T) => T> {
  const sealed = await store.secrets(id);
  try {
    return redactor(vault.secrets(id, sealed));
  } catch {
    return (value) => value;
  }
}

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Server } from 'node:http';
import { MayflyError } from '../errors.js';
import type { Log } from '../log.js';
import type { StateLayout } from '../state/layout.js';
import type { Runtime } from '../worker/runtime.js';
import { type BackupRequests, takeBackupRequests } from './backup-socket.js';
import { poster, resolveByDns } from './callbacks/post.js';
import { openSandbox } from '../tasks/wasm/open-sandbox.js';
import { composeService } from './compose.js';
import { makeServer } from './http/server.js';
import { takeUpgrades } from './http/upgrades.js';
import { installationIn } from './installation.js';
import { ResultsDirectory } from './results/directory.js';
import { publisherOf } from './results/publisher-of.js';
import { removeOldRuns } from './retention.js';
import { findStoreKey } from './secrets/key.js';
import type { DispatchSettings } from './settings.js';
import type { NodeSetting, Organisation } from './settings/parse.js';
import { openStore } from './store/open.js';
import type { Store } from './store/store.js';
import { makeToken, operators } from './tokens.js';

export interface ServeOptions {
  runtime: Runtime;
  settings: DispatchSettings;
  nodes: readonly NodeSetting[];
  organisations: ReadonlyMap<string, Organisation>;
  /** Names by which clients reach the service, beside its addresses. */
  hosts: readonly string[];
  host: string;
  port: number;
  /** The database is an older copy of itself: workers that it lacks are taken up first. */
  restored: boolean;
  version: string;
  /** The directory of the programs that run modules. */
  programs: string;
  log: Log;
  /** Ends the service. Its workers stay. */
  signal: AbortSignal;
  /** Called when it takes requests. `token`: the first one, made at this start; `null`: there was one. */
  onListening(listening: { url: string; token: string | null }): void;
}

/** Runs the service until the signal. @throws MayflyError `state_locked` where another one has the directory, `port_in_use` */
export async function serve(options: ServeOptions): Promise<void> {
  const { runtime, settings, nodes, organisations, hosts, log, version } = options;
  const directory = directoryOf(runtime.layout);
  if (nodes.some((node) => node.functions)) await openSandbox(join(options.programs, 'wasm-runner.cjs'));
  const store = await openStore({ directory, version });
  let backups: BackupRequests | null = null;
  try {
    backups = await takeBackupRequests(directory, store);
    const installation = await installationIn(directory, store, options);
    const key = findStoreKey({ env: runtime.env, file: join(directory, 'store.key'), random: randomBytes });
    let ready = false;
    const results = new ResultsDirectory(settings.results.directory ?? join(directory, 'results'), settings.results);
    const publisher = publisherOf(settings.results.publish, runtime);
    const { dispatcher, callbacks, streams, app, upgrades } = composeService({
      ...{ runtime, store, settings, nodes, organisations, hosts, installation, key, log, version, random: Math.random, randomBytes },
      ...{ results, publisher },
      ...{
        moduleProgram: [process.execPath, join(options.programs, 'wasm-task.mjs')],
        send: poster({ ...settings.webhooks, resolve: resolveByDns }),
        hooks: [],
      },
      ready: () => ready,
    });
    const server = makeServer(app.fetch);
    const upgraded = takeUpgrades(server, { upgrades, tokens: store.tokens, streams, hosts, log });
    const address = await listen(server, options);
    try {
      // After the port is there: a start that fails shows no token.
      const token = await firstToken(store, runtime.clock.now());
      await dispatcher.start();
      ready = true;
      options.onListening({ url: `http://${address}`, token });
      const { signal } = options;
      await Promise.all([
        callbacks.run(signal),
        removeOldRuns({
          sweepOutputs: () => dispatcher.tasks.sweepOutputs(),
          ...{ store, elsewhere: dispatcher.elsewhere, publishing: dispatcher.publishing, clock: runtime.clock, log, signal },
          ...{ retention: settings.retention, deliveries: settings.webhooks.retention },
        }),
      ]);
    } finally {
      server.close();
      streams.close();
      upgraded.close();
      await dispatcher.close();
    }
  } finally {
    backups?.close();
    await store.close();
  }
}

/** The service's own files, beside the workers' directories. */
export function directoryOf({ root }: Pick<StateLayout, 'root'>): string {
  return join(root, 'serve');
}

/** Makes a token for a store without any. */
async function firstToken(store: Store, now: number): Promise<string | null> {
  if ((await store.tokens.list()).length > 0) return null;
  const { token, text } = makeToken(randomBytes(38), { organisation: operators, scopes: ['admin'], now });
  await store.tokens.add(token);
  return text;
}

function listen(server: Server, { host, port }: ServeOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new MayflyError(error.code === 'EADDRINUSE' ? 'port_in_use' : 'settings_invalid', {
          place: { path: `${host}:${port}` },
          cause: `cannot be listened on: ${error.message}`,
          remedy: 'name another --host or --port',
          error,
        }),
      ),
    );
    server.listen(port, host, () => {
      const { address, port: given, family } = server.address() as AddressInfo;
      resolve(family === 'IPv6' ? `[${address}]:${given}` : `${address}:${given}`);
    });
  });
}

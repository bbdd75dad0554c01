import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Variables } from '../../plan/stack.js';
import { isName } from '../../spec/names.js';
import type { Backend } from '../ports/backend.js';
import { connectTcp } from '../shared/connect-tcp.js';
import { detachedBy } from '../shared/detached/index.js';
import { processCapabilities } from './capabilities.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { groundOf } from './detached.js';
import { endProcesses } from './ending.js';
import { ownEnvironment } from './environment.js';
import { execIn } from './exec.js';
import { processFiles } from './files.js';
import { Healthchecks } from './health.js';
import { ensureRoot, type Host, rootExists } from './host.js';
import { removeLeases, writeLease } from './leases.js';
import { removeLeftovers, tidy } from './leftovers.js';
import { listOwned, reportOn } from './list.js';
import { writeLog } from './logs.js';
import { findMelodium } from './melodium.js';
import { nodeSystem } from './node-system.js';
import { listObjects, readObject, removeObject } from './objects.js';
import { type Machine, makeOffer } from './offer.js';
import { findProcesses } from './processes.js';
import { engineId, readiness } from './readiness.js';
import { type ObjectRecord, objectId } from './record.js';
import { directoryDriver } from './resources/directory.js';
import { processDriver } from './resources/process.js';
import { used } from './sizes.js';
import type { System } from './system.js';
import { engineVariables, engineVariablesIn } from '../../spec/engine-variables.js';

export { defaultProcessRoot } from './host.js';

export interface ProcessBackendOptions {
  /** Default: `process`. */
  node?: string;
  /** The directory of all workers; see `defaultProcessRoot`. */
  root: string;
  clock: Clock;
  /** The environment from which new processes get `PATH` and `LANG`; default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** The user id that must own the root; default: this process's. */
  uid?: number;
  /** The machine for offers; default: this one. */
  machine?: Machine;
  /** The system calls; default: Node's. */
  system?: System;
}

/** Milliseconds to wait for a change where the root cannot be watched. */
const unwatched = 1000;

/** Runs workers as local processes in a private directory. Only on Linux: elsewhere its offers are refused. */
export function processBackend(options: ProcessBackendOptions): Backend {
  const system = options.system ?? nodeSystem;
  const machine = options.machine ?? thisMachine();
  const host: Host = {
    system,
    root: realRoot(system, options.root),
    clock: options.clock,
    uid: options.uid ?? process.getuid?.() ?? -1,
    env: options.env ?? process.env,
  };
  const checks = new Healthchecks(host);
  const name = options.node ?? 'process';
  return {
    name,
    endpoint: host.root,
    chosen: false,
    account: null,
    capabilities: processCapabilities,
    drivers: { mayfly_directory: directoryDriver(host), mayfly_process: processDriver(host) },
    offer: async (spec) => {
      const melodium = spec.engine === null ? await findMelodium(host.env) : null;
      return { ...makeOffer(spec, machine, host.root, await rootProblem(host), melodium), backend: name };
    },
    prepare: () => ensureRoot(host),
    tidy: (options) => tidy(host, options),
    list: (worker) => listOwned(host, worker),
    clockSkew: async () => 0,
    recoverVariables: (worker) => recoverVariables(host, worker),
    readiness: (worker, spec) => readiness(host, checks, worker, spec),
    report: (worker, known) => reportOn(host, worker, known),
    writeLease: (worker, terms, ends) => writeLease(host, worker, terms, ends),
    scheduler: null,
    residents: null,
    provider: null,
    address: null,
    ownVariables: async () => ({}),
    async stop(worker, objects, signal) {
      if (isName(worker)) await endProcesses(host, { worker }, { signal });
      return objects.map((object) => (object.status === 'running' ? { ...object, status: 'exited' } : object));
    },
    remove: ({ worker, objects, may }, signal) => (may ? removeOnly(host, objects, may, signal) : removeAll(host, worker, signal)),
    changed: (signal) => changed(host, signal),
    lookEvery: null,
    memoryKills: null,
    engineSockets: null,
    connectTo: connectTcp,
    caches: null,
    sizes: { used: (worker, signal) => used(host, worker, signal) },
    sessions: {
      exec: async (worker, container, options) => execIn(host, await find(host, worker, container), options),
      files: async (worker, container) => processFiles(host, await find(host, worker, container)),
      fresh: null,
      detached: detachedBy(async (worker, container) => groundOf(host, await find(host, worker, container)), host.clock),
    },
    logs: async (worker, container, options, streams, signal) =>
      writeLog(host, await find(host, worker, container), options, streams, signal),
    close: () => checks.close(),
  };
}

function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, cpu: availableParallelism() * 1000, memory: Math.floor(totalmem() / 2 ** 20) };
}

/** Resolves links above the root, since `/proc` shows real paths. The root itself must not be a link. */
function realRoot(system: System, root: string): string {
  const path = resolve(root);
  const above = system.realpath(resolve(path, '..'));
  return resolve(above, path.slice(path.lastIndexOf('/') + 1));
}

async function rootProblem(host: Host): Promise<string | null> {
  try {
    await rootExists(host);
    return null;
  } catch (error) {
    return error instanceof MayflyError ? [error.message, error.remedy].filter(Boolean).join(': ') : String(error);
  }
}

/** Removes processes, then directories, then the lease. Repeats while new processes appear. */
async function removeAll(host: Host, worker: string, signal?: AbortSignal): Promise<void> {
  if (!isName(worker)) return;
  do {
    await endProcesses(host, { worker }, { signal });
    for (const { id } of await listObjects(host, worker)) {
      signal?.throwIfAborted();
      await removeObject(host, id);
    }
    await removeLeftovers(host, worker);
  } while ((await findProcesses(host, { worker })).length > 0);
  await removeLeases(host, worker);
}

/** The order of removal: running objects first, the lease last. */
const order = ['mayfly_process', 'mayfly_directory', 'lease'];

async function removeOnly(
  host: Host,
  objects: readonly OwnedObject[],
  may: (object: OwnedObject) => Promise<boolean>,
  signal?: AbortSignal,
) {
  for (const object of objects.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type))) {
    signal?.throwIfAborted();
    if (!(await may(object))) continue;
    if (object.type === 'mayfly_process') await endProcesses(host, { id: object.id }, { signal });
    if (object.type === 'lease') await removeLeases(host, object.worker, object.id);
    else await removeObject(host, object.id);
  }
}

/** @throws MayflyError `container_unknown` */
async function find(host: Host, worker: string, container: string): Promise<ObjectRecord> {
  const record = await readObject(host, objectId('mayfly_process', worker, container));
  if (record) return record;
  const names = (await listObjects(host, worker))
    .filter(({ type }) => type === 'mayfly_process')
    .map(({ id }) => id.slice(worker.length + 1));
  throw new MayflyError('container_unknown', {
    cause: `${worker} has no container ${container}`,
    remedy: names.length > 0 ? `name one of ${names.join(', ')}` : 'the worker does not exist here: `mayfly list` shows all workers',
  });
}

async function recoverVariables(host: Host, worker: string): Promise<Variables | null> {
  const engine = await readObject(host, engineId(worker));
  if (!engine) return null;
  const variables = engineVariablesIn(ownEnvironment(engine));
  return engineVariables.every((name) => name in variables) ? variables : null;
}

async function changed(host: Host, signal: AbortSignal): Promise<void> {
  try {
    if (await rootExists(host)) return await host.system.watch(host.root, signal);
  } catch {
    // The root cannot be watched: return a little later, so that the caller looks again.
  }
  await host.clock.sleep(unwatched, signal).catch(() => undefined);
}

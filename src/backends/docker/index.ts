import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { engineExecs } from '../../spec/melodium.js';
import { engineName, type WorkerSpec } from '../../spec/worker-spec.js';
import { detachedBy } from '../shared/detached/index.js';
import { unknownContainer } from '../shared/unknown-container.js';
import type { Backend } from '../ports/backend.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { containerNameOf } from '../ports/containers.js';
import type { ContainerInspect, EngineInfo } from './api-types.js';
import { dockerCapabilities } from './capabilities.js';
import { cachesOn } from './caches.js';
import { connectTo } from './connect-to.js';
import { type Endpoint, providerEnv } from './endpoint.js';
import { groundOf } from './detached.js';
import { nextChange } from './events.js';
import { execSockets } from './exec-sockets.js';
import { execPlace, keptPlace } from './exec-place.js';
import { execIn } from './exec.js';
import { containerFiles } from './files.js';
import { startFresh } from './fresh.js';
import { HttpClient } from './http-client.js';
import { keeperHistory, keeperLogs } from './keeper-history.js';
import { writeLogs } from './logs.js';
import { memoryKills } from './memory-kills.js';
import { isOfSpec } from './names.js';
import { bridgeName, ensureBridge, removeUnusedBridge } from './network.js';
import { listContainers, findKeeper, keeperObeysUntil, listObjects, removeObjects, stopContainers, writeLease } from './objects.js';
import { hasQuota, isJob, makeOffer, unreachableOffer } from './offer.js';
import { podmanOffer } from './podman.js';
import { readiness } from './readiness.js';
import { offerSources } from './sources.js';
import { reportAll, reportKnown } from './report.js';
import { removeContainer } from './remove.js';
import { ownedFiles } from './resources/owned-files.js';
import { containerDriver } from './resources/container.js';
import { volumeDriver } from './resources/volume.js';
import { used } from './sizes.js';
import { containerStaging } from './staging.js';
import { engineVariablesIn } from '../../spec/engine-variables.js';

export { defaultExecRoot } from './exec-place.js';

export interface DockerBackendOptions {
  /** Default: `docker`. */
  node?: string;
  endpoint: Endpoint;
  clock: Clock;
  /** See `defaultExecRoot`. */
  execRoot: string;
  /** The environment in which the user's registry credentials are found; default: the process's. */
  env?: Record<string, string | undefined>;
}

export function dockerBackend({ node = 'docker', endpoint, clock, execRoot, env = process.env }: DockerBackendOptions): Backend {
  const http = new HttpClient(endpoint, clock);
  const sockets = execSockets({ http, endpoint, clock, execRoot });
  const containersOf = async (worker: string, own = http) =>
    (await listContainers(own, worker)).filter((one) => isOfSpec(containerName(one)));
  const livingPlace = async (spec: WorkerSpec) => (engineExecs(spec) ? sockets.placeOf(await containersOf(spec.name)) : null);
  const find = async (worker: string, container: string): Promise<ContainerInspect> => {
    const containers = await containersOf(worker);
    const found = containers.find((object) => containerName(object) === container);
    if (!found) throw unknownContainer('docker', worker, container, containers.map(containerName));
    return http.json<ContainerInspect>('GET', `/containers/${found.id}/json`);
  };

  return {
    name: node,
    endpoint: endpoint.url,
    chosen: endpoint.chosen,
    account: null,
    capabilities: dockerCapabilities,
    drivers: { docker_container: containerDriver(http, clock, env), docker_volume: volumeDriver(http, clock) },
    provider: { env: providerEnv(endpoint), refusal: ownedFiles },
    address: null,
    ownVariables: async () => ({}),

    async offer(spec) {
      try {
        const [info, keeper, living] = await Promise.all([http.json<EngineInfo>('GET', '/info'), findKeeper(http), livingPlace(spec)]);
        const exec = living === null ? execPlace(info, endpoint, execRoot, keeper) : keptPlace(living, keeper);
        const made = makeOffer(spec, { info, endpoint, quota: await hasQuota(info, endpoint), keeper, exec, job: isJob(env) });
        const offer = offerSources(spec, made, { info, endpoint, execRoot });
        return { ...(http.podman ? podmanOffer(spec, offer, http.podman) : offer), backend: node };
      } catch (error) {
        if (!(error instanceof MayflyError) || error.code !== 'backend_unreachable') throw error;
        return { ...unreachableOffer(spec, endpoint.url, error.message), backend: node };
      }
    },
    prepare: () => ensureBridge(http),
    async tidy({ dryRun }) {
      const objects = await listObjects(http);
      if (!dryRun) await sockets.sweep(new Set(objects.map(({ worker }) => worker)));
      if (objects.length > 0) return [];
      return (await removeUnusedBridge(http, dryRun)) ? [`the network ${bridgeName}`] : [];
    },
    list: (worker) => listObjects(http, worker),
    async clockSkew() {
      if (!http.apiVersion) await http.text('GET', '/_ping');
      return http.clockSkew;
    },
    async recoverVariables(worker) {
      const engine = (await containersOf(worker)).find((object) => containerName(object) === engineName);
      if (!engine) return null;
      const { Config } = await http.json<ContainerInspect>('GET', `/containers/${engine.id}/json`);
      return engineVariablesIn(
        Object.fromEntries((Config.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])),
      );
    },
    readiness: async (worker, spec) => readiness(http, endpoint, await containersOf(worker), spec),
    report: (worker, objects) =>
      apart(http, async (own) => (objects ? reportKnown(own, objects) : reportAll(own, await containersOf(worker, own)))),
    writeLease: (worker, terms, ends) => apart(http, (own) => writeLease(own, clock, worker, terms, ends)),
    scheduler: null,
    residents: {
      find: () => findKeeper(http),
      obeysUntil: () => keeperObeysUntil(http),
      history: (worker) => keeperHistory(http, node, worker, clock.now()),
      logs: (worker, endedAt) => keeperLogs(http, worker, endedAt, clock.now()),
    },
    stop: (_worker, objects, signal) => apart(http, (own) => stopContainers(own, objects, signal)),
    remove: ({ objects, may }, signal) =>
      apart(http, async (own) => {
        await removeObjects(own, clock, objects, { may, signal });
        const place = sockets.placeOf(objects);
        if (may === null && place !== null) await sockets.forget(place);
      }),
    changed: (signal) => nextChange(http, signal),
    lookEvery: null,
    memoryKills: { between: (worker, from, to) => memoryKills(http, clock, worker, from, to) },
    engineSockets: sockets,
    connectTo: (address, port) => connectTo(endpoint, address, port),
    caches: cachesOn(http, clock),
    sizes: { used: (worker, signal) => used(http, clock, worker, signal) },
    sessions: {
      async exec(worker, container, options) {
        const found = await find(worker, container);
        assertRuns(worker, container, found);
        return execIn(http, found.Id, options, clock);
      },
      async files(worker, container) {
        const found = await find(worker, container);
        return {
          ...containerFiles(http, found.Id, found.Config),
          async stage(directory, signal) {
            assertRuns(worker, container, found);
            return containerStaging(http, found.Id, directory, signal);
          },
        };
      },
      detached: detachedBy(async (worker, container) => {
        const found = await find(worker, container);
        return groundOf(http, clock, found, () => assertRuns(worker, container, found));
      }, clock),
      async fresh(worker, container) {
        const id = await startFresh(http, worker, await find(worker, container));
        return {
          id,
          exec: (options) => execIn(http, id, options, clock),
          remove: () => removeContainer(http, clock, id, null),
        };
      },
    },
    async logs(worker, container, logOptions, streams, signal) {
      await writeLogs(http, (await find(worker, container)).Id, logOptions, streams, signal);
    },
    close: () => http.close(),
  };
}

/** Does work over its own connections, so that an end of a worker waits for no other call. */
async function apart<T>(http: HttpClient, work: (own: HttpClient) => Promise<T>): Promise<T> {
  const own = http.apart();
  try {
    return await work(own);
  } finally {
    own.close();
  }
}

/** @throws MayflyError `not_ready` where the container does not run */
function assertRuns(worker: string, container: string, { Name, State: { Status: status, ExitCode } }: ContainerInspect): void {
  if (status === 'running') return;
  if (status === 'paused') {
    const remedy = `continue it: docker unpause ${Name.replace(/^\//, '')}`;
    throw new MayflyError('not_ready', { place: { path: container }, cause: 'the container is paused and cannot run commands', remedy });
  }
  throw new MayflyError('not_ready', {
    place: { path: container },
    cause: `the container does not run and cannot run commands: ${status === 'created' ? 'it was never started' : `it ended with exit code ${ExitCode}`}`,
    remedy: `see why with \`mayfly logs ${worker} ${container}\`; \`mayfly apply\` starts it again`,
  });
}

function containerName({ address }: OwnedObject): string {
  return containerNameOf(address);
}

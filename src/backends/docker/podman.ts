import type { Attributes } from '../../plan/resource-schema.js';
import type { Offer } from '../../spec/offer.js';
import { everySource } from '../../spec/sources.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { ContainerInspect } from './api-types.js';
import { podmanCapabilities as capabilities } from './capabilities.js';

/** Differences between Podman's compatible API and Docker's, found on 4.3.1 (Debian). All of them are in this file. */

/** Messages that Podman sends with status 500, and the status that Docker sends. */
const statuses: readonly [RegExp, number][] = [
  [/ is already in use/, 409],
  [/network already exists$/, 409],
  [/network is being used/, 409],
  [/ has dependent containers/, 409],
  // The container was removed between two steps of the same call.
  [/ does not exist in database: no such container$/, 404],
];

export function dockerStatus(status: number, message: string): number {
  return (status === 500 && statuses.find(([pattern]) => pattern.test(message))?.[1]) || status;
}

/** Podman's answer about a container that ends at this moment: it reads files of a process that is gone. The next answer has the end. */
export function isPassing(message: string): boolean {
  return /^(read|open) \/proc\/\d+\/\S+: no such (process|file or directory)$/.test(message);
}

/** Prefixes that Podman adds to an image's name without a registry. */
const registries = /^(localhost|docker\.io\/library|docker\.io)\//;

/** Variables that Podman sets in every container. */
const ownEnv = /^(TERM|container|HOME|HOSTNAME)=/;

/** Podman's resolution in nano-CPUs: it stores microseconds of a period of 100 ms. */
const cpuStep = 10_000;

/**
 * A container's inspection in Docker's form. `known`: the attributes that it was made with, because Podman does not report a log's options, nor
 * a network's name in the place where Docker does.
 */
export function asDocker(inspect: ContainerInspect, known: Attributes): ContainerInspect {
  const { Config: config, HostConfig: host, NetworkSettings: net, State: state } = inspect;
  const [network] = Object.keys(net.Networks ?? {});
  const wantedCpus = Math.round(Number(known['cpus'] ?? 0) * 1e9);
  const wantedEnv = new Set((known['env'] ?? []) as string[]);
  const short = config.Image.replace(registries, '');
  return {
    ...inspect,
    // A container without a healthcheck.
    State: state.Health?.Status === '' ? withoutHealth(state) : state,
    Config: {
      ...config,
      Image: known['image'] === short ? short : config.Image,
      Env: (config.Env ?? []).filter((entry) => wantedEnv.has(entry) || !ownEnv.test(entry)),
    },
    HostConfig: {
      ...host,
      NanoCpus: Math.abs(wantedCpus - host.NanoCpus) < cpuStep ? wantedCpus : host.NanoCpus,
      NetworkMode: host.NetworkMode === 'bridge' && network !== undefined ? network : host.NetworkMode,
      SecurityOpt: (host.SecurityOpt ?? []).map((option) => (option === 'no-new-privileges' ? `${option}:true` : option)),
      LogConfig: { ...host.LogConfig, Config: host.LogConfig.Config ?? ((known['log_opts'] ?? {}) as Record<string, string>) },
    },
  };
}

function withoutHealth({ Health: _none, ...state }: ContainerInspect['State']): ContainerInspect['State'] {
  return state;
}

/** Adds to the offer what Podman cannot do for this spec, or does in another way than Docker. `version`: such as `4.3.1`. */
export function podmanOffer(spec: WorkerSpec, offer: Offer, version: string): Offer {
  const inMemory = spec.volumes.filter(({ medium }) => medium === 'memory').map(({ name }) => name);
  const copied = everySource(spec)
    .filter(({ copy_on_write }) => copy_on_write)
    .map(({ source }) => source);
  const reasons = [
    ...offer.reasons,
    ...(copied.length > 0 ? [`${capabilities.copyOnWrite.says}: mount ${copied.join(', ')} without copy_on_write`] : []),
    ...(inMemory.length > 0 ? [`${capabilities.memoryVolumes.says}: use medium: disk for ${inMemory.join(', ')}`] : []),
  ];
  if (spec.caches.length > 0) reasons.push(`${capabilities.caches.says}: leave out caches, or use docker`);
  const title = offer.title.replace(/^docker \S+/, `podman ${version.split('.').slice(0, 2).join('.')}`);
  const warnings = [...offer.warnings, capabilities.apart.says];
  return { ...offer, accepted: reasons.length === 0, reasons, title, warnings };
}

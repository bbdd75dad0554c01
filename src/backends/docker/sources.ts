import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Offer } from '../../spec/offer.js';
import { everySource, isInside } from '../../spec/sources.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { EngineInfo } from './api-types.js';
import type { Endpoint } from './endpoint.js';

/** The daemon that is to mount the sources, and directories of mayfly that no container may see. */
export interface SourceHost {
  info: EngineInfo;
  endpoint: Endpoint;
  execRoot: string;
}

/** Adds to an offer the reasons why this daemon cannot mount the spec's sources, one sentence each. */
export function offerSources(spec: WorkerSpec, offer: Offer, host: SourceHost): Offer {
  const reasons = [...offer.reasons, ...refusals(spec, host)];
  return { ...offer, reasons, accepted: reasons.length === 0 };
}

function refusals(spec: WorkerSpec, { info, endpoint, execRoot }: SourceHost): string[] {
  const sources = everySource(spec);
  const [first] = sources;
  if (!first) return [];
  if (!endpoint.local || info.Name !== hostname()) {
    return [
      `${first.source} is on this machine, and the daemon runs on ${endpoint.host ?? info.Name}: use a daemon of this machine, or \`copy\` in its place`,
    ];
  }
  const kept: [path: string, what: string][] = [
    [endpoint.socketPath!, 'the socket of the daemon'],
    [info.DockerRootDir, 'the data of the daemon'],
    [execRoot, "the sockets of mayfly's workers"],
  ];
  const seen = sources.flatMap(({ source }) =>
    kept.flatMap(([path, what]) =>
      overlaps(source, real(path)) ? [`${source} would give a container ${what}: mount another directory`] : [],
    ),
  );
  const writers = sources.filter(({ copy_on_write }) => copy_on_write);
  return [...new Set(seen), ...(writers.length === 0 ? [] : overlayRefusals(info, writers[0]!.source))];
}

/** Storage drivers that use an overlay themselves, in the directory that also holds the volumes. */
const overlayDrivers = new Set(['overlay2', 'overlayfs']);

function overlayRefusals({ Driver, SecurityOptions }: EngineInfo, source: string): string[] {
  const remedy = `mount ${source} without copy_on_write`;
  if (!overlayDrivers.has(Driver))
    return [`copy_on_write needs a daemon with the storage driver overlay2, and this one has ${Driver}: ${remedy}`];
  return (SecurityOptions ?? []).includes('name=rootless') ? [`copy_on_write needs a daemon that runs as root: ${remedy}`] : [];
}

/** Whether one of the two paths is the other one, or inside of it. */
function overlaps(a: string, b: string): boolean {
  return isInside(a, b) || isInside(b, a);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { ownLimits } from '../../spec/cpu-limit.js';
import { engineExecs, enginePort, isLoopback, melodiumRefusals } from '../../spec/melodium.js';
import type { Offer } from '../../spec/offer.js';
import { type Arch, totals, unlimited, type WorkerSpec, everyContainer } from '../../spec/worker-spec.js';
import type { EngineInfo } from './api-types.js';
import { watched } from './capabilities.js';
import type { Endpoint } from './endpoint.js';
import type { DockerFacts } from './names.js';

const MiB = 2 ** 20;

/** The values from which an offer is made, apart from the spec. */
export interface Asked {
  /** The daemon's description of itself. */
  info: EngineInfo;
  endpoint: Endpoint;
  /** Whether the daemon can limit sizes on disk. */
  quota: boolean;
  /** The name of a keeper inside the daemon; `null` where none runs. */
  keeper: string | null;
  exec: DockerFacts['exec'];
  /** Whether this is a job of a CI system. */
  job: boolean;
}

/** Makes the daemon's offer for a spec. Pure. */
export function makeOffer(spec: WorkerSpec, { info, endpoint, quota, keeper, exec, job }: Asked): Offer {
  const asks = totals(spec);
  const has = { cpu: info.NCPU * 1000, memory: Math.floor(info.MemTotal / MiB) };
  const arch = archOf(info.Architecture);
  const reasons = [...engineRefusals(spec, exec), ...refusals(spec, asks, has, arch)];
  const disk = spec.volumes.filter(({ medium }) => medium === 'disk');
  const unenforced = quota
    ? []
    : [
        ...(disk.length > 0
          ? [`the size of ${list(disk.map(({ name }) => name))} on disk is not enforced by this daemon (it has no quota): ${watched}`]
          : []),
        ...(unlimited(spec).length <= everyContainer(spec).length
          ? [`the storage that containers write is not enforced by this daemon (it has no quota): ${watched}`]
          : []),
      ];
  const published = [...(enginePort(spec) === null ? [] : ["the engine's port"]), ...spec.ports.map(({ name }) => `port ${name}`)];
  const remoteLoopback = !endpoint.local && isLoopback(spec.access.bind) && published.length > 0;
  const facts: DockerFacts = { kind: 'docker', addresses: addresses(spec.access.bind, endpoint), quota, exec };
  return {
    backend: 'docker',
    endpoint: endpoint.url,
    accepted: reasons.length === 0,
    reasons,
    unenforced,
    rounded: [],
    warnings: [
      ...(remoteLoopback
        ? [
            `${published.join(', ')} ${published.length === 1 ? 'is' : 'are'} published on ${spec.access.bind} of the daemon's host, which this machine cannot reach: set access.bind`,
          ]
        : []),
      ...(job && keeper === null ? [lonelyJob] : []),
    ],
    title: `docker ${info.ServerVersion.split('+')[0]} (${endpoint.local ? 'local' : endpoint.host})`,
    arch: arch ?? 'amd64',
    asks,
    has,
    facts,
    price: null,
    keeper,
  };
}

/** A warning for a CI job, since its keeper ends with the job. */
const lonelyJob =
  'this is a CI job (CI is set): its keeper ends with the job, and then only `mayfly gc` ends a remaining worker; a keeper inside the daemon would end it in time (docs/keeper.md)';

export function isJob({ CI }: Record<string, string | undefined>): boolean {
  return Boolean(CI) && CI !== 'false';
}

/** The offer where the daemon does not answer. */
export function unreachableOffer(spec: WorkerSpec, url: string, cause: string): Offer {
  const facts: DockerFacts = { kind: 'docker', addresses: [], quota: false, exec: null };
  return {
    backend: 'docker',
    endpoint: url,
    accepted: false,
    reasons: [`docker cannot be reached at ${url}: ${cause}`],
    unenforced: [],
    rounded: [],
    warnings: [],
    title: 'docker',
    arch: spec.arch ?? 'amd64',
    asks: totals(spec),
    has: null,
    facts,
    price: null,
    keeper: null,
  };
}

function engineRefusals(spec: WorkerSpec, exec: DockerFacts['exec']): string[] {
  const reasons: string[] = [];
  if (spec.engine === null) reasons.push(...melodiumRefusals(spec));
  else if (!spec.engine.image) reasons.push('the spec names no engine.image: docker runs images only');
  if (engineExecs(spec) && exec === null) {
    reasons.push(
      'the engine runs commands in its containers, and a keeper of this machine cannot serve a socket on the machine of this daemon: start a keeper inside the daemon (see docs/keeper.md)',
    );
  }
  return reasons;
}

/** The smallest number of millicores that the kernel accepts. */
const leastCpu = 10;

function refusals(spec: WorkerSpec, asks: Offer['asks'], has: NonNullable<Offer['has']>, arch: Arch | null): string[] {
  const reasons: string[] = [];
  for (const { name, image } of everyContainer(spec)) {
    if (!image) reasons.push(`${name} has no image: docker runs images only`);
  }
  for (const { name, cpu } of [{ ...spec, name: 'the engine' }, ...everyContainer(spec)]) {
    if (cpu < leastCpu) reasons.push(`${name} asks for ${cpu} millicores, and docker needs at least ${leastCpu}: ask for more`);
  }
  for (const { name, limit } of ownLimits(spec)) {
    if (limit > has.cpu) {
      reasons.push(`${name} has a cpu_limit of ${limit} millicores, the daemon's host has ${has.cpu}: set a smaller one, or none`);
    }
  }
  if (arch === null) reasons.push('the daemon runs on an architecture that is neither amd64 nor arm64');
  else if (spec.arch !== null && spec.arch !== arch) reasons.push(`the spec asks for ${spec.arch}, the daemon runs on ${arch}`);
  if (asks.cpu > has.cpu) reasons.push(`the spec asks for ${asks.cpu} millicores in all, the daemon's host has ${has.cpu}`);
  if (asks.memory > has.memory) reasons.push(`the spec asks for ${asks.memory} MB of memory in all, the daemon's host has ${has.memory}`);
  return reasons;
}

function archOf(architecture: string): Arch | null {
  if (architecture === 'x86_64' || architecture === 'amd64') return 'amd64';
  return architecture === 'aarch64' || architecture === 'arm64' ? 'arm64' : null;
}

/** Names of Docker's bridges. They change with its networks, and only its containers are reached there. */
const dockerBridge = /^(docker\d+|docker_gwbridge|br-[0-9a-f]{12}|veth.*)$/;

/** The wildcard addresses, each with its family and loopback address: the daemon listens on that family only. */
const wildcards: Readonly<Record<string, { family: 'IPv4' | 'IPv6'; loopback: string }>> = {
  '0.0.0.0': { family: 'IPv4', loopback: '127.0.0.1' },
  '::': { family: 'IPv6', loopback: '::1' },
};

/** Returns the addresses of a published port. A wildcard gives the daemon's host, or this machine's addresses of the same family. */
function addresses(bind: string, endpoint: Endpoint): string[] {
  const wildcard = wildcards[bind];
  if (!wildcard) return [bind];
  if (!endpoint.local) return [endpoint.host!];
  const own = Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) => (dockerBridge.test(name) ? [] : (addresses ?? [])))
    // A link-local address cannot be used without its interface.
    .filter(({ internal, family, address }) => !internal && family === wildcard.family && !/^fe80:/i.test(address))
    .map(({ address }) => address);
  return [wildcard.loopback, ...own.sort()];
}

/**
 * Whether the daemon can limit volumes and writable layers: it needs overlay2 on xfs mounted with project quota. The daemon does not report
 * the mount option, so it is read from the mount table of a local daemon.
 */
export async function hasQuota(info: EngineInfo, endpoint: Endpoint): Promise<boolean> {
  const backing = info.DriverStatus?.find(([key]) => key === 'Backing Filesystem')?.[1];
  if (!endpoint.local || info.Driver !== 'overlay2' || backing !== 'xfs') return false;
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const holding = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point]) => point && (info.DockerRootDir === point || info.DockerRootDir.startsWith(point === '/' ? '/' : `${point}/`)))
    .sort((a, b) => b[1]!.length - a[1]!.length)[0];
  return /(^|,)(prjquota|pquota)(,|$)/.test(holding?.[3] ?? '');
}

function list(names: string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more volumes` : names.join(', ');
}

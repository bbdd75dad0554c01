import { everySource } from '../../spec/sources.js';
import { ownLimits } from '../../spec/cpu-limit.js';
import { melodiumRefusals } from '../../spec/melodium.js';
import type { Offer } from '../../spec/offer.js';
import {
  type Arch,
  type ContainerSpec,
  engineName,
  type Resources,
  totals,
  volumeVariable,
  type WorkerSpec,
  everyContainer,
} from '../../spec/worker-spec.js';
import { processCapabilities as capabilities } from './capabilities.js';
import { mountParts } from './record.js';
import { environmentName } from './shim.js';

/** The properties of a machine that an offer depends on. */
export interface Machine {
  platform: NodeJS.Platform;
  /** Node's name (`x64`). */
  arch: string;
  /** Millicores. */
  cpu: number;
  /** MB. */
  memory: number;
}

const architectures: Record<string, Arch> = { x64: 'amd64', arm64: 'arm64' };

/** The `melodium` on the PATH. */
export interface Melodium {
  /** `null` where the program does not report one. */
  version: string | null;
}

/** Makes this machine's offer for a spec. `rootProblem`: why the root cannot be used; `null`: it can. Pure. */
export function makeOffer(spec: WorkerSpec, machine: Machine, root: string, rootProblem: string | null, found: Melodium | null): Offer {
  const asks = totals(spec);
  const reasons = machine.platform === 'linux' ? refusals(spec, machine, asks, rootProblem, found) : [notLinux(machine.platform)];
  return {
    backend: 'process',
    endpoint: root,
    accepted: reasons.length === 0,
    reasons,
    unenforced: unenforced(spec),
    rounded: [],
    warnings: warnings(spec),
    title: 'process (local)',
    arch: architectures[machine.arch] ?? 'amd64',
    asks,
    has: { cpu: machine.cpu, memory: machine.memory },
    facts: { kind: 'process', addresses: [reachedAt(spec.access.bind)] },
    price: null,
    keeper: null,
  };
}

function notLinux(platform: string): string {
  return `the process backend needs Linux, and this is ${platform}: use the docker backend`;
}

function refusals(spec: WorkerSpec, machine: Machine, asks: Resources, rootProblem: string | null, found: Melodium | null): string[] {
  const reasons: string[] = [];
  const all = everyContainer(spec);
  const images = [{ name: engineName, image: spec.engine?.image ?? null }, ...all].filter(({ image }) => image !== null);
  if (images.length > 0) {
    reasons.push(
      `${capabilities.images.says}, and ${images.map(({ name }) => name).join(', ')} asks for one: use the docker backend, or give only a command`,
    );
  }
  if (spec.engine === null) reasons.push(...melodiumRefusals(spec), ...melodiumProblem(spec, found));
  else if (!runsSomething(spec.engine) && spec.engine.image === null) reasons.push("engine.command is missing: add the engine's command");
  else if (spec.engine.exec) reasons.push(`engine.exec is for the docker backend: ${capabilities.exec.says}`);
  for (const { name, ...service } of spec.service_containers) {
    if (!runsSomething(service) && service.image === null) reasons.push(`the service ${name} has no command: add one`);
  }
  const users = [{ name: engineName, user: spec.engine?.user ?? null }, ...all].filter(({ user }) => user !== null);
  if (users.length > 0) {
    reasons.push(
      `${capabilities.user.says}, and ${users.map(({ name }) => name).join(', ')} asks for another: remove user, or use the docker backend`,
    );
  }
  const owned = spec.copy.filter(({ owner }) => owner !== 'user').map(({ written }) => written);
  if (owned.length > 0) {
    reasons.push(`${capabilities.copyOwner.says}, and the copy of ${owned.join(', ')} has another owner: remove owner`);
  }
  const withFiles = [{ name: engineName, files: spec.engine?.files ?? [] }, ...all].filter(({ files }) => files.length > 0);
  if (withFiles.length > 0) {
    reasons.push(
      `${capabilities.files.says}, so ${withFiles.map(({ name }) => name).join(', ')} cannot have files of its own: remove files, or use the docker backend`,
    );
  }
  if (asks.cpu > machine.cpu) reasons.push(`it asks for ${cores(asks.cpu)} CPU, and this machine has ${cores(machine.cpu)}: ask for less`);
  if (asks.memory > machine.memory)
    reasons.push(`it asks for ${asks.memory} MB of memory, and this machine has ${machine.memory} MB: ask for less`);
  const arch = architectures[machine.arch];
  if (arch === undefined) reasons.push(`this machine is ${machine.arch}, and workers are amd64 or arm64`);
  else if (spec.arch !== null && spec.arch !== arch)
    reasons.push(`it asks for ${spec.arch}, and this machine is ${arch}: omit arch, or use another machine`);
  if (spec.caches.length > 0) reasons.push(`caches are for the docker backend: ${capabilities.caches.says}`);
  reasons.push(...badNames(spec, all), ...hostPorts(spec), ...sourceRefusals(spec));
  if (rootProblem !== null) reasons.push(rootProblem);
  return reasons;
}

function runsSomething({ entrypoint, command }: Pick<ContainerSpec, 'entrypoint' | 'command'>): boolean {
  return [...(entrypoint ?? []), ...(command ?? [])].length > 0;
}

/** Checks the installed program against the version in the spec. */
function melodiumProblem({ melodium }: WorkerSpec, found: Melodium | null): string[] {
  if (found === null) return ['there is no `melodium` on the PATH: install it, or use the docker backend'];
  const wanted = melodium?.version ?? found.version;
  return found.version === wanted
    ? []
    : [`the \`melodium\` on the PATH is ${found.version ?? 'of an unknown version'}, and the spec asks for ${wanted}`];
}

function badNames(spec: WorkerSpec, containers: readonly ContainerSpec[]): string[] {
  const envs = [{ name: engineName, env: spec.engine?.env ?? {} }, ...containers];
  const names = envs.flatMap(({ name, env }) =>
    Object.keys(env)
      .filter((key) => !environmentName.test(key))
      .map((key) => `${key} of ${name}`),
  );
  const mounts = containers.flatMap(({ name, mounts: all }) =>
    all.filter((mount) => !mountParts(mount.mount_point)).map((mount) => `${mount.mount_point} of ${name}`),
  );
  return [
    ...(names.length > 0
      ? [`environment variables are set by a shell here, which does not accept ${names.join(', ')}: use letters, digits and _`]
      : []),
    ...(mounts.length > 0
      ? [`volumes are linked below a process's own directory, which is not possible for ${mounts.join(', ')}: use a path below /`]
      : []),
  ];
}

function sourceRefusals(spec: WorkerSpec): string[] {
  const [first] = everySource(spec);
  return first ? [`${capabilities.sources.says}: use the path ${first.source} in the command, or use the docker backend`] : [];
}

function hostPorts({ ports }: WorkerSpec): string[] {
  return ports
    .filter(({ port, host }) => host !== null && host !== port)
    .map(
      ({ name, port, host }) => `port ${name} is ${port} on the machine's own network, not ${host}: remove host, or use the docker backend`,
    );
}

function unenforced(spec: WorkerSpec): string[] {
  const { volumes } = spec;
  const lines = (['cpu', 'memory', 'storage'] as const).map((what) => `${what} is not enforced: ${capabilities[what].says}`);
  const limited = ownLimits(spec).map(({ name }) => name);
  if (limited.length > 0) lines.push(`cpu_limit is not enforced (${limited.join(', ')}): ${capabilities.cpuLimit.says}`);
  const names = (all: WorkerSpec['volumes']) => all.map(({ name }) => name).join(', ');
  if (volumes.length > 0) lines.push(`the size of volumes is not enforced (${names(volumes)}): ${capabilities.volumes.says}`);
  const inMemory = volumes.filter(({ medium }) => medium === 'memory');
  if (inMemory.length > 0) lines.push(`medium: memory is ignored (${names(inMemory)}): ${capabilities.memoryVolumes.says}`);
  return lines;
}

function warnings(spec: WorkerSpec): string[] {
  const lines = [];
  if (spec.engine !== null && spec.engine.port !== null)
    lines.push(`the engine itself must listen on ${spec.access.bind}: ${capabilities.apart.says}`);
  const [volume] = spec.volumes;
  if (volume) {
    // A process sees the files of this machine at absolute paths; `cp` takes those of the container.
    const { name } = volume;
    lines.push(
      `programs, and commands of mayfly exec, find volumes below their own directory (media/${name}, not /media/${name}) and in ${volumeVariable(name)}`,
    );
  }
  return lines;
}

/** The address of the engine; the loopback where it listens on all addresses. */
function reachedAt(bind: string): string {
  if (bind === '0.0.0.0') return '127.0.0.1';
  return bind === '::' ? '::1' : bind;
}

function cores(millicores: number): string {
  return (millicores / 1000).toFixed(1);
}

import type { Place } from '../errors.js';

/** A spec after parsing, defaults and rules: every field present, `null` where the file had none. Sizes in MB (2^20 bytes). */
export interface WorkerSpec {
  /** `[a-z][a-z0-9-]{0,30}`: identifies the worker on its backend. */
  name: string;
  /** Seconds that the worker may live after it is ready, 1 to 2,592,000. */
  max_duration: number;
  /** Seconds that the worker may take to become ready. */
  create_timeout: number;
  /** Highest cost in USD on a backend that has a price; `null`: no limit. */
  max_cost: number | null;
  /** Resources of the engine alone: millicores, MB, MB. `totals` adds the containers. */
  cpu: number;
  /** The most millicores that the engine uses; `null`: the default, see `cpuTerms`. */
  cpu_limit: number | 'none' | null;
  memory: number;
  storage: number;
  /** `null`: the backend's architecture. */
  arch: Arch | null;
  /** `null`: the first backend that accepts the spec. */
  backend: BackendName | null;
  /** `null`: the Mélodium engine, described by `melodium`. */
  engine: EngineSpec | null;
  melodium: MelodiumSpec | null;
  volumes: VolumeSpec[];
  containers: ContainerSpec[];
  service_containers: ContainerSpec[];
  /** Files that `run` copies out after its command. */
  artifacts: ArtifactSpec[];
  /** Seconds to collect artifacts in. */
  collect_grace: number;
  caches: CacheSpec[];
  copy: CopySpec[];
  /** `failure`: seconds for which a worker is kept, stopped, after its `run` has failed. */
  retain: { failure: number } | null;
  access: AccessSpec;
  /** Ports that are published beside the engine's. */
  ports: PortSpec[];
  /** Fields of a Mélodium request, kept as labels. */
  tags: string[];
  id: string | null;
  organization_id: string | null;
  parent_id: string | null;
  /** The Mélodium group that the worker joins, and the key that it sends. If `null`, drawn at random in the first apply. */
  group_id: string | null;
  self_key: string | null;
}

export type Arch = 'amd64' | 'arm64';
/** A kind of backend, such as `docker`; or the name of a node of that kind. Checked where it comes in. */
export type BackendName = string;

/** The Mélodium engine of a spec without an engine of its own. */
export interface MelodiumSpec {
  version: string | null;
  /** `null` if the spec gives neither an image nor a version. */
  image: string | null;
}

export interface AccessSpec {
  /** Address of the host on which a local backend publishes the engine's port. */
  bind: string;
  tls: boolean;
  /** In a cloud: networks that may connect to the port, as CIDRs, and whether the engine has a public address. */
  cidrs: string[];
  public: boolean;
}

/** Fields that change what the image gives; `null`: the image's own. */
export interface RunningSpec {
  /** Absolute path. */
  working_dir: string | null;
  /** A name or number, or both of user and group: `1000:1000`. */
  user: string | null;
  /** An entrypoint without a command drops the image's command. */
  entrypoint: string[] | null;
  /** MB of `/dev/shm`. `null`: the backend's default. */
  shm_size: number | null;
  /** Put into the container before it starts. */
  files: FileSpec[];
}

/** A file in a container. Its content may be secret. */
export interface FileSpec {
  /** Absolute path. */
  to: string;
  /** Base64. */
  content: string;
  /** `0` and three octal digits. */
  mode: string;
  /** `<uid>:<gid>`; `null`: root. */
  owner: string | null;
}

/** A container that runs as its image says. */
export const asImage: RunningSpec = { working_dir: null, user: null, entrypoint: null, shm_size: null, files: [] };

export interface PortSpec {
  name: string;
  /** The port in the worker's network, which all of its containers share. */
  port: number;
  /** The port on the host; `null`: a free one. */
  host: number | null;
}

export interface EngineSpec extends RunningSpec {
  /** `null` on the process backend. */
  image: string | null;
  command: string[] | null;
  env: Record<string, string>;
  /** Names in `env` whose values came from the environment: they may be secret. */
  secret_env: string[];
  /** The port that the engine listens on. `null`: it has none, and is ready when it runs. */
  port: number | null;
  healthcheck: HealthcheckSpec | 'none' | null;
  /** Whether the engine runs commands in its worker's containers, over the worker's own socket. */
  exec: boolean;
  pull_secret: PullSecret | null;
}

export interface VolumeSpec {
  name: string;
  storage: number;
  medium: 'disk' | 'memory';
}

/** A directory that outlives the worker. It belongs to its node, and all workers that name it share it. */
export interface CacheSpec {
  name: string;
  /** Absolute path in the container. */
  to: string;
  /** The container that uses it. */
  in: string;
  /** MB. A larger cache is removed after its use. */
  size: number;
  /** Seconds from its last use to its removal. */
  keep: number;
}

export interface ContainerSpec extends RunningSpec {
  name: string;
  image: string | null;
  command: string[] | null;
  env: Record<string, string>;
  /** See `EngineSpec`. */
  secret_env: string[];
  cpu: number;
  /** See `WorkerSpec`. */
  cpu_limit: number | 'none' | null;
  memory: number;
  storage: number;
  mounts: MountSpec[];
  /** Directories and files of the user's machine: a list of its own, because most backends and every other machine refuse it. */
  sources: SourceSpec[];
  healthcheck: HealthcheckSpec | 'none' | null;
  /** The container is meant to end with 0. Only service containers can have it. */
  once: boolean;
  pull_secret: PullSecret | null;
}

/** Files of one container that `run` copies to the caller's directory. */
export interface ArtifactSpec {
  container: string;
  /** A path or a glob: absolute, or in the container's working directory. */
  from: string;
  /** A path in the caller's directory; `null`: see `destinationOf`. */
  to: string | null;
  /** Whether the files may be missing. */
  optional: boolean;
  when: 'always' | 'failure';
  /** MB of all files together; `null`: no limit. */
  max: number | null;
}

/** Local files that are copied into a container when it is new and the worker is ready. */
export interface CopySpec {
  /** Absolute path of a file, or of a directory whose content is copied. */
  from: string;
  /** `from` as it is written, for messages. */
  written: string;
  /** Only files that git tracks: in the whole repository that has `from`, or below `from`. `null`: all files. */
  tracked: 'repository' | 'directory' | null;
  /** Absolute path in the container. */
  to: string;
  in: string;
  /** `user`: the container's user; `keep`: the ids of the local files; or `UID:GID`. */
  owner: string;
  /** Absolute path of a file of patterns. */
  ignore_file: string | null;
  place: Place;
}

export interface MountSpec {
  name: string;
  mount_point: string;
}

export interface SourceSpec {
  /** Absolute path, links resolved. */
  source: string;
  mount_point: string;
  read_only: boolean;
  /** Writes stay in the worker and end with it. */
  copy_on_write: boolean;
}

/** Durations in seconds. `command` starts with `CMD` or `CMD-SHELL`, as in the Engine API. A spec's `none` switches the image's own check off. */
export interface HealthcheckSpec {
  command: string[];
  interval: number;
  timeout: number;
  retries: number;
  start_period: number;
}

/** The container's own check; `null` if it has none. */
export function checkOf({ healthcheck }: { healthcheck: HealthcheckSpec | 'none' | null }): HealthcheckSpec | null {
  return healthcheck === 'none' ? null : healthcheck;
}

/** Source of a registry's credentials. They are read when an image is pulled, and never stored. */
export type PullSecret = { from: 'env'; name: string } | { from: 'file'; path: string } | { from: 'inline'; json: string };

export const engineName = 'engine';

export interface Resources {
  /** Millicores. */
  cpu: number;
  /** MB. */
  memory: number;
  /** MB, without the parts that are not limited. */
  storage: number;
}

/** Names of the engine and the containers without a limit on their storage. */
export function unlimited(spec: WorkerSpec): string[] {
  return [{ name: engineName, storage: spec.storage }, ...everyContainer(spec)]
    .filter(({ storage }) => storage === 0)
    .map(({ name }) => name);
}

/**
 * Rule 1: the sums of cpu, memory and storage over the engine and all containers. The engine's storage includes the volumes, so they are
 * subtracted from the storage of the containers that mount them: a volume is on the disk once.
 */
export function totals(spec: WorkerSpec): Resources {
  const containers = everyContainer(spec);
  const sum = (key: 'cpu' | 'memory') => containers.reduce((total, one) => total + one[key], spec[key]);
  const volumes = spec.volumes.reduce((total, { storage }) => total + storage, 0);
  const storage = containers.reduce((total, one) => total + ownStorage(one, spec), Math.max(spec.storage, volumes));
  return { cpu: sum('cpu'), memory: sum('memory'), storage };
}

/** MB of a container's storage without its volumes. */
function ownStorage(container: ContainerSpec, { volumes }: Pick<WorkerSpec, 'volumes'>): number {
  const mounted = volumes.filter(({ name }) => container.mounts.some((mount) => mount.name === name));
  return Math.max(0, container.storage - mounted.reduce((sum, { storage }) => sum + storage, 0));
}

/** The containers of a worker beside its engine: executors, then services. */
export function everyContainer({ containers, service_containers }: Pick<WorkerSpec, 'containers' | 'service_containers'>): ContainerSpec[] {
  return [...containers, ...service_containers];
}

/** Seconds between TERM and KILL when a worker ends. */
export const graceSeconds = 10;

/** Seconds from the first creation to the latest end. Every object has it as a label. */
export function lifetime(spec: WorkerSpec): number {
  return spec.create_timeout + spec.max_duration;
}

/** The variable of a stack that holds the place of a cache. */
export function cacheVariable(cache: string): string {
  return `cache_${cache}`;
}

/** The environment variable that holds a volume's path on the process backend. */
export function volumeVariable(volume: string): string {
  return `MAYFLY_VOLUME_${volume.replaceAll('-', '_')}`;
}

/** A spec after parsing, defaults and rules: every field present, `null` where the file had none. Sizes in MB (2^20 bytes). */
export interface WorkerSpec {
  /** `[a-z][a-z0-9-]{0,30}`: identifies the worker on its backend. */
  name: string;
  /** Seconds it may live once ready, 1 … 2,592,000. */
  max_duration: number;
  /** Seconds it may take to become ready. */
  create_timeout: number;
  /** The most it may cost on a backend that has a price, USD; `null`: whatever it does. */
  max_cost: number | null;
  /** Of the engine alone, millicores; see `totals` for what the backend is asked. */
  cpu: number;
  memory: number;
  storage: number;
  /** `null`: the backend's own. */
  arch: Arch | null;
  /** `null`: the first that accepts. */
  backend: BackendName | null;
  /** `null`: the Mélodium engine, which `melodium` says more of. */
  engine: EngineSpec | null;
  melodium: MelodiumSpec | null;
  volumes: VolumeSpec[];
  containers: ContainerSpec[];
  service_containers: ContainerSpec[];
  access: AccessSpec;
  /** What a request says of itself; kept as labels. */
  tags: string[];
  id: string | null;
  organization_id: string | null;
  parent_id: string | null;
  /** Mélodium's: the group the worker joins, and the key it sends; drawn at the first apply when `null`. */
  group_id: string | null;
  self_key: string | null;
}

export type Arch = 'amd64' | 'arm64';
export const backendNames: readonly BackendName[] = ['docker', 'process', 'aws'];
/** A kind of backend, such as `docker`; or the name of a node of that kind. Checked where it comes in. */
export type BackendName = string;
/** Asked in this order when nobody names one: what is here, and costs nothing. */
export const defaultBackends: readonly BackendName[] = ['docker', 'process'];

/** The Mélodium engine of a spec that names no other. */
export interface MelodiumSpec {
  version: string | null;
  /** `null` where neither an image nor a version to choose one by is given. */
  image: string | null;
}

export interface AccessSpec {
  /** Where a backend with a host publishes the engine's port. */
  bind: string;
  tls: boolean;
  /** Where a cloud has it: from where the port may be reached, as CIDRs; and whether it has a public address. */
  cidrs: string[];
  public: boolean;
}

export interface EngineSpec {
  /** `null` on the process backend. */
  image: string | null;
  command: string[] | null;
  env: Record<string, string>;
  /** Names in `env` whose values came from the environment: they may be secret. */
  secret_env: string[];
  /** What it listens on; `null`: it isn't reached, and is ready when it runs. */
  port: number | null;
  healthcheck: HealthcheckSpec | 'none' | null;
  /** Whether it runs commands in its worker's containers, over a socket of the worker's own. */
  exec: boolean;
  pull_secret: PullSecret | null;
}

export interface VolumeSpec {
  name: string;
  storage: number;
  medium: 'disk' | 'memory';
}

export interface ContainerSpec {
  name: string;
  image: string | null;
  command: string[] | null;
  env: Record<string, string>;
  /** See the engine's. */
  secret_env: string[];
  cpu: number;
  memory: number;
  storage: number;
  mounts: MountSpec[];
  healthcheck: HealthcheckSpec | 'none' | null;
  /** Meant to end, with 0; a service container alone. */
  once: boolean;
  pull_secret: PullSecret | null;
}

export interface MountSpec {
  name: string;
  mount_point: string;
}

/** Durations in seconds; in a spec `none` stands for none at all, not even the image's own. `command` starts with `CMD` or `CMD-SHELL`, as the Engine API wants it. */
export interface HealthcheckSpec {
  command: string[];
  interval: number;
  timeout: number;
  retries: number;
  start_period: number;
}

/** The check of a container that has one of its own. */
export function checkOf({ healthcheck }: { healthcheck: HealthcheckSpec | 'none' | null }): HealthcheckSpec | null {
  return healthcheck === 'none' ? null : healthcheck;
}

/** Where a registry's credentials come from; read when an image is pulled, and never stored. */
export type PullSecret = { from: 'env'; name: string } | { from: 'file'; path: string } | { from: 'inline'; json: string };

export const engineName = 'engine';

export interface Resources {
  /** Millicores. */
  cpu: number;
  /** MB. */
  memory: number;
  /** MB. */
  storage: number;
}

/**
 * Rule 1: cpu and memory add up over the engine and all containers. So does storage, but a volume lies on the disk once: the engine's
 * storage holds it already, and the part of each container that mounts it is left out.
 */
export function totals(spec: WorkerSpec): Resources {
  const containers = [...spec.containers, ...spec.service_containers];
  const sum = (key: 'cpu' | 'memory') => containers.reduce((total, one) => total + one[key], spec[key]);
  const storage = containers.reduce((total, one) => total + ownStorage(one, spec), spec.storage);
  return { cpu: sum('cpu'), memory: sum('memory'), storage };
}

/** MB of a container's storage beside its volumes. */
function ownStorage(container: ContainerSpec, { volumes }: Pick<WorkerSpec, 'volumes'>): number {
  const mounted = volumes.filter(({ name }) => container.mounts.some((mount) => mount.name === name));
  return container.storage - mounted.reduce((sum, { storage }) => sum + storage, 0);
}

/** Seconds from the first creation to the latest end; goes on every object as a label. */
export function lifetime(spec: WorkerSpec): number {
  return spec.create_timeout + spec.max_duration;
}

/** The variable in which a local process has the path of a volume. */
export function volumeVariable(volume: string): string {
  return `MAYFLY_VOLUME_${volume.replaceAll('-', '_')}`;
}

import { MayflyError } from '../../../errors.js';
import { type Labels, labelKeys } from '../../../labels.js';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import { workersKeys } from '../own-objects.js';
import { cacheOfVolume, objectName, socketDirectory, useName } from '../names.js';
import { parseGoDuration } from '../../../spec/go-duration.js';
import { createLabels, wantedLabels } from './ownership.js';

const MiB = 2 ** 20;

type Members = Record<string, Value>;

/** Attributes that `createBody` maps, or that only control the driver. */
const supported = new Set([
  'attach',
  'command',
  'container_read_refresh_timeout_milliseconds',
  'cpu_shares',
  'cpus',
  'destroy_grace_seconds',
  'entrypoint',
  'env',
  'healthcheck',
  'host',
  'hostname',
  'image',
  'init',
  'labels',
  'log_driver',
  'log_opts',
  'logs',
  'memory',
  'memory_reservation',
  'memory_swap',
  'must_run',
  'name',
  'network_mode',
  'ports',
  'privileged',
  'read_only',
  'remove_volumes',
  'restart',
  'rm',
  'security_opts',
  'shm_size',
  'start',
  'stdin_open',
  'storage_opts',
  'tty',
  'upload',
  'user',
  'volumes',
  'wait',
  'wait_timeout',
  'working_dir',
]);

/** The volumes that a container mounts, by name. */
export function volumeNames(attributes: Attributes): string[] {
  const volumes = (attributes['volumes'] ?? []) as Members[];
  return volumes.flatMap(({ host_path, volume_name }) => (volume_name && !host_path ? [String(volume_name)] : []));
}

/** Labels that volumes do not have. */
const containersOnly: readonly string[] = [labelKeys.exec, labelKeys.storage];

/** The labels of a worker's volume or of a cache, made from those of a container that mounts it; `null` for a volume of another worker. */
function volumeLabels(name: string, container: Labels): Labels | null {
  const worker = container[labelKeys.worker];
  const cache = cacheOfVolume(name);
  if (worker && cache !== null) return cacheLabels(name, { cache, worker }, container);
  const prefix = worker && objectName(worker, '');
  if (!prefix || !name.startsWith(prefix)) return null;
  const shared = Object.entries(container).filter(([label]) => !containersOnly.includes(label));
  return { ...Object.fromEntries(shared), [labelKeys.address]: `docker_volume.${name.slice(prefix.length)}` };
}

function cacheLabels(name: string, use: { cache: string; worker: string }, container: Labels): Labels {
  if (name !== useName(use)) return { [labelKeys.cache]: use.cache };
  const own = workersKeys.map((key) => [key, container[key] ?? '']);
  return { ...(Object.fromEntries(own) as Labels), [labelKeys.cache]: use.cache };
}

/**
 * A mount of a worker's own volume. If the volume was removed meanwhile (by a concurrent destroy), the daemon makes it again, with these labels,
 * so that it is found and removed with its worker.
 */
function mount({ volume_name, container_path, read_only }: Members, labels: Labels): Record<string, unknown> {
  return { Type: 'volume', Source: volume_name, Target: container_path, ReadOnly: read_only ?? false, VolumeOptions: { Labels: labels } };
}

/** A volume of the worker or a path of the daemon's machine, as a mount; `null`: it needs a bind. */
function mountOf(one: Members, labels: Labels): Record<string, unknown> | null {
  // The daemon makes a missing directory for a bind: the one of the socket may be missing, a source may not.
  if (one['host_path']) return one['container_path'] === socketDirectory ? null : pathMount(one);
  const own = volumeLabels(String(one['volume_name']), labels);
  return own && mount(one, own);
}

function pathMount({ host_path, container_path, read_only }: Members): Record<string, unknown> {
  return { Type: 'bind', Source: host_path, Target: container_path, ReadOnly: read_only ?? false };
}

/** A bind. As in the provider, `host_path` wins over `volume_name`. */
function bind({ host_path, volume_name, container_path, read_only }: Members): string {
  return `${host_path || volume_name}:${container_path}:${read_only ? 'ro' : 'rw'}`;
}

/**
 * A container's attributes as the body of `POST /containers/create`. Unknown attributes must be `null`. `mounts`: whether the daemon keeps the
 * labels of volumes in mounts (Podman drops them).
 *
 * @throws MayflyError `stack_invalid` for an attribute that the embedded applier does not support
 */
export function createBody(attributes: Attributes, { mounts }: { mounts: boolean }): Record<string, unknown> {
  const get = <T extends Value>(key: string) => (attributes[key] ?? null) as T | null;
  const strange = Object.entries(attributes).find(([key, value]) => !supported.has(key) && !isNothing(value));
  if (strange) {
    throw new MayflyError('stack_invalid', {
      cause: `docker_container.${strange[0]} is not supported by the embedded applier`,
      remedy: 'remove it from the stack',
    });
  }
  const ports = (get<Value[]>('ports') ?? []) as Members[];
  const volumes = (get<Value[]>('volumes') ?? []) as Members[];
  const check = (get<Value[]>('healthcheck') ?? [])[0] as Members | undefined;
  const own = wantedLabels(attributes);
  const mounted = volumes.map((one) => ({ one, mount: mounts ? mountOf(one, own) : null }));
  return {
    Image: get('image'),
    Hostname: get('hostname') ?? '',
    User: get('user') ?? '',
    WorkingDir: get('working_dir') ?? '',
    Tty: get('tty') ?? false,
    OpenStdin: get('stdin_open') ?? false,
    Env: get('env') ?? [],
    ...(get('command') !== null && { Cmd: get('command') }),
    ...(get('entrypoint') !== null && { Entrypoint: get('entrypoint') }),
    Labels: createLabels(attributes),
    ExposedPorts: Object.fromEntries(ports.map(({ internal, protocol }) => [`${internal}/${protocol}`, {}])),
    Volumes: Object.fromEntries(volumes.map(({ container_path }) => [container_path, {}])),
    ...(check && { Healthcheck: healthcheckBody(check) }),
    HostConfig: {
      Binds: mounted.flatMap(({ one, mount }) => (mount ? [] : [bind(one)])),
      Mounts: mounted.flatMap(({ mount }) => mount ?? []),
      NetworkMode: get('network_mode'),
      PortBindings: Object.fromEntries(
        ports.map(({ internal, external, ip, protocol }) => [
          `${internal}/${protocol}`,
          [{ HostIp: ip, HostPort: external === null ? '' : String(external) }],
        ]),
      ),
      RestartPolicy: { Name: get('restart') ?? 'no' },
      AutoRemove: get('rm') ?? false,
      Privileged: get('privileged') ?? false,
      ReadonlyRootfs: get('read_only') ?? false,
      ExtraHosts: ((get<Value[]>('host') ?? []) as Members[]).map(({ host, ip }) => `${host}:${ip}`),
      SecurityOpt: get('security_opts') ?? [],
      ...(get('init') !== null && { Init: get('init') }),
      ...(get('log_driver') !== null && { LogConfig: { Type: get('log_driver'), Config: get('log_opts') ?? {} } }),
      ...(get('storage_opts') !== null && { StorageOpt: get('storage_opts') }),
      ...(get('shm_size') !== null && { ShmSize: get<number>('shm_size')! * MiB }),
      CpuShares: get('cpu_shares') ?? 0,
      NanoCpus: Math.round(Number(get('cpus') ?? 0) * 1e9),
      ...memoryBody(attributes),
    },
  };
}

/** The memory part of the body; also the body of an update. */
export function memoryBody(attributes: Attributes): { Memory: number; MemorySwap: number; MemoryReservation: number } {
  const swap = Number(attributes['memory_swap'] ?? 0);
  return {
    Memory: Number(attributes['memory'] ?? 0) * MiB,
    MemorySwap: swap > 0 ? swap * MiB : swap,
    MemoryReservation: Number(attributes['memory_reservation'] ?? 0) * MiB,
  };
}

function healthcheckBody(check: Members): Record<string, unknown> {
  const nanoseconds = (key: string) => Math.round(parseGoDuration(String(check[key] ?? '0s')) * 1e9);
  return {
    Test: check['test'] ?? [],
    Interval: nanoseconds('interval'),
    Timeout: nanoseconds('timeout'),
    StartPeriod: nanoseconds('start_period'),
    Retries: check['retries'] ?? 0,
  };
}

function isNothing(value: Value): boolean {
  return value === null || value === '' || value === 0 || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

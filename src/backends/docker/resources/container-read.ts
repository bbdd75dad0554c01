import { labelKeys } from '../../../labels.js';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import { normalise, same, sortedSet } from '../../../plan/values.js';
import { formatNanoCpus } from '../../../spec/cpus.js';
import { formatGoDuration } from '../../../spec/go-duration.js';
import type { ContainerInspect } from '../api-types.js';
import { containerSchema } from './schemas.js';

const MiB = 2 ** 20;

/** Attributes that are always empty in mayfly's stacks. These are blocks: empty lists. */
const emptyBlocks = [
  'capabilities',
  'device_read_bps',
  'device_read_iops',
  'device_requests',
  'device_write_bps',
  'device_write_iops',
  'devices',
  'mounts',
  'networks_advanced',
  'ulimit',
];

/** Attributes that the provider never reads back, beside `upload`: the state holds the configured values. */
const neverRead = [
  'attach',
  'container_read_refresh_timeout_milliseconds',
  'destroy_grace_seconds',
  'env',
  'labels',
  'logs',
  'must_run',
  'remove_volumes',
  'start',
  'volumes',
  'wait',
  'wait_timeout',
];

/** A container in the form that the provider writes to the state. `known`: attributes of the state, or of the configuration. */
export function readContainer(inspect: ContainerInspect, known: Attributes): Attributes {
  const { State: state, Config: config, HostConfig: host, NetworkSettings: net } = inspect;
  const never = Object.fromEntries(neverRead.map((key) => [key, known[key] ?? containerSchema.attributes[key]?.default ?? null]));
  const read: Attributes = {
    ...Object.fromEntries(Object.keys(containerSchema.attributes).map((key) => [key, null])),
    ...Object.fromEntries(emptyBlocks.map((key) => [key, []])),
    ...never,
    env: known['env'] ?? [],
    volumes: known['volumes'] ?? [],
    upload: known['upload'] ?? [],
    must_run: known['must_run'] === false ? false : state.Running,
    // `null` for a container that was never started; 0 would mean that it ended.
    exit_code: state.Running || state.Status === 'created' ? null : state.ExitCode,
    bridge: net.Bridge ?? '',
    command: config.Cmd ?? [],
    cpu_set: host.CpusetCpus,
    cpu_shares: host.CpuShares,
    cpus: host.NanoCpus > 0 ? formatNanoCpus(host.NanoCpus) : null,
    domainname: config.Domainname,
    entrypoint: config.Entrypoint ?? [],
    healthcheck: readHealthcheck(config.Healthcheck),
    host: sortedSet((host.ExtraHosts ?? []).map(readHost)),
    hostname: config.Hostname,
    id: inspect.Id,
    image: config.Image,
    init: host.Init ?? false,
    ipc_mode: host.IpcMode,
    log_driver: host.LogConfig.Type,
    log_opts: same(known['log_opts'] ?? null, null) ? null : (host.LogConfig.Config ?? {}),
    max_retry_count: host.RestartPolicy.MaximumRetryCount,
    memory: Math.floor(host.Memory / MiB),
    memory_reservation: Math.floor(host.MemoryReservation / MiB),
    memory_swap: host.MemorySwap > 0 ? Math.floor(host.MemorySwap / MiB) : host.MemorySwap,
    name: inspect.Name.replace(/^\//, ''),
    network_data: Object.entries(net.Networks ?? {}).map(([name, data]) => ({
      gateway: data.Gateway,
      global_ipv6_address: data.GlobalIPv6Address,
      global_ipv6_prefix_length: data.GlobalIPv6PrefixLen,
      ip_address: data.IPAddress,
      ip_prefix_length: data.IPPrefixLen,
      ipv6_gateway: data.IPv6Gateway,
      mac_address: data.MacAddress,
      network_name: name,
    })),
    network_mode: host.NetworkMode,
    platform: inspect.Platform,
    // A stopped container publishes no ports, so the provider keeps the earlier ones.
    ports: state.Running && !same(known['ports'] ?? null, null) ? readPorts(net.Ports ?? {}) : (known['ports'] ?? []),
    privileged: host.Privileged,
    publish_all_ports: host.PublishAllPorts,
    read_only: host.ReadonlyRootfs,
    restart: host.RestartPolicy.Name,
    rm: host.AutoRemove,
    runtime: host.Runtime,
    security_opts: sortedSet(host.SecurityOpt ?? []),
    shm_size: Math.floor(host.ShmSize / MiB),
    stdin_open: config.OpenStdin,
    stop_signal: config.StopSignal ?? '',
    stop_timeout: config.StopTimeout ?? 0,
    storage_opts: host.StorageOpt && Object.keys(host.StorageOpt).length > 0 ? host.StorageOpt : null,
    tty: config.Tty,
    user: config.User,
    userns_mode: host.UsernsMode,
    working_dir: config.WorkingDir,
  };
  return read;
}

function readHost(entry: string): Value {
  const at = entry.indexOf(':');
  return { host: entry.slice(0, at), ip: entry.slice(at + 1) };
}

function readPorts(ports: NonNullable<ContainerInspect['NetworkSettings']['Ports']>): Value {
  return Object.entries(ports)
    .flatMap(([key, bindings]) => {
      const [internal, protocol = 'tcp'] = key.split('/');
      return (bindings ?? []).map(({ HostIp, HostPort }) => ({
        external: Number(HostPort),
        internal: Number(internal),
        ip: HostIp,
        protocol,
      }));
    })
    .sort((a, b) => a.internal - b.internal || (a.protocol < b.protocol ? -1 : 1));
}

const fromNanoseconds = (nanoseconds: number) => formatGoDuration(nanoseconds / 1e9);

export function readHealthcheck(check: ContainerInspect['Config']['Healthcheck']): Value {
  if (!check) return null;
  return [
    {
      interval: fromNanoseconds(check.Interval ?? 0),
      retries: check.Retries ?? 0,
      start_interval: fromNanoseconds(check.StartInterval ?? 0),
      start_period: fromNanoseconds(check.StartPeriod ?? 0),
      test: check.Test ?? [],
      timeout: fromNanoseconds(check.Timeout ?? 0),
    },
  ];
}

/**
 * Attributes of an adopted container. Attributes that are never read back come from the configuration, unless the daemon contradicts it: the
 * environment without the image's own variables, the mounts, and our labels.
 */
export function adoptedAttributes(inspect: ContainerInspect, wanted: Attributes, imageEnv: readonly string[]): Attributes {
  const labels = Object.entries(inspect.Config.Labels ?? {})
    // Empty labels are not in the stack: they only cover labels of the image.
    .filter(([label, value]) => value !== '' && Object.values<string>(labelKeys).includes(label))
    .map(([label, value]) => ({ label, value }));
  return {
    ...wanted,
    env: adoptedEnv(inspect.Config.Env ?? [], (wanted['env'] ?? []) as string[], imageEnv),
    volumes: adoptedVolumes(inspect.HostConfig, wanted['volumes'] ?? []),
    labels: sortedSet(labels),
  };
}

function adoptedEnv(actual: readonly string[], wanted: readonly string[], imageEnv: readonly string[]): Value {
  const name = (entry: string) => entry.slice(0, entry.indexOf('='));
  const overridden = new Set(wanted.map(name));
  const expected = [...wanted, ...imageEnv.filter((entry) => !overridden.has(name(entry)))];
  if (same(sortedSet([...actual]), sortedSet(expected))) return [...wanted];
  return sortedSet(actual.filter((entry) => !imageEnv.includes(entry)));
}

/** Volumes and paths of a container: binds (made by earlier versions and by the provider), and mounts. */
function adoptedVolumes({ Binds, Mounts }: ContainerInspect['HostConfig'], wanted: Value): Value {
  const bound = (Binds ?? []).map((bind) => {
    const [source = '', container_path = '', mode = ''] = bind.split(':');
    const from = source.startsWith('/') ? { volume_name: '', host_path: source } : { volume_name: source, host_path: '' };
    return { ...from, container_path, from_container: '', read_only: mode === 'ro' ? true : null, selinux_relabel: '' };
  });
  const mounted = (Mounts ?? [])
    .filter(({ Type }) => Type === 'volume' || Type === 'bind')
    .map(({ Type, Source, Target, ReadOnly }) => ({
      ...(Type === 'bind' ? { volume_name: '', host_path: Source } : { volume_name: Source, host_path: '' }),
      container_path: Target,
      from_container: '',
      read_only: ReadOnly ? true : null,
      selinux_relabel: '',
    }));
  const normalised = normalise([...bound, ...mounted], containerSchema.attributes['volumes']!.type);
  return same(normalised, wanted) ? wanted : normalised;
}

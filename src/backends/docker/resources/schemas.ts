import { constants } from 'node:os';
import { isCutOffMode } from './joined-network.js';
import type { AttributeSchema, Attributes, ResourceSchema, Value, ValueType } from '../../../plan/resource-schema.js';

const provider = 'registry.terraform.io/kreuzwerker/docker';

const labelSet: ValueType = { set: { object: { label: 'string', value: 'string' } } };
const strings: ValueType = { list: 'string' };
const stringSet: ValueType = { set: 'string' };
const stringMap: ValueType = { map: 'string' };
/** Blocks that mayfly's stacks never use: empty lists in the state. */
const unusedBlocks: AttributeSchema = { type: { list: { object: {} } }, replaces: true };

const network: ValueType = {
  object: {
    gateway: 'string',
    global_ipv6_address: 'string',
    global_ipv6_prefix_length: 'number',
    ip_address: 'string',
    ip_prefix_length: 'number',
    ipv6_gateway: 'string',
    mac_address: 'string',
    network_name: 'string',
  },
};

const port: ValueType = {
  object: { external: 'number', internal: 'number', ip: 'string', protocol: 'string' },
  defaults: { ip: '0.0.0.0', protocol: 'tcp' },
  computed: ['external'],
};

const volume: ValueType = {
  object: {
    container_path: 'string',
    from_container: 'string',
    host_path: 'string',
    read_only: 'bool',
    selinux_relabel: 'string',
    volume_name: 'string',
  },
  defaults: { from_container: '', host_path: '', selinux_relabel: '' },
};

const upload: ValueType = {
  object: {
    content: 'string',
    content_base64: 'string',
    executable: 'bool',
    file: 'string',
    group: 'string',
    owner: 'string',
    permissions: 'string',
    source: 'string',
    source_hash: 'string',
  },
  defaults: { content: '', executable: false, group: '', owner: '', source: '', source_hash: '' },
};

const healthcheck: ValueType = {
  object: { interval: 'string', retries: 'number', start_interval: 'string', start_period: 'string', test: strings, timeout: 'string' },
  defaults: { interval: '0s', retries: 0, start_interval: '0s', start_period: '0s', timeout: '0s' },
};

/** Only a new container can have another value, but the provider plans an update. */
const kept = { replaces: true, providerKeeps: true } as const;

/** A limit cannot be removed in place: the daemon reads 0 as no change. */
const limit: AttributeSchema = { type: 'number', ...kept };

/** A missing directory means `/`. */
const directory = (value: Value) => String(value ?? '').replace(/(.)\/+$/, '$1') || '/';
/** The signal's number, because Podman reports `15` for `SIGTERM`. SIGTERM is the default. */
const stopSignal = (value: Value) => {
  const text = String(value ?? '') || 'SIGTERM';
  const numbers: Record<string, number> = constants.signals;
  return String(numbers[text] ?? numbers[`SIG${text}`] ?? text);
};

/** Whether the container has its own network namespace, which others may have joined. */
const ownsNetwork = (prior: Attributes) => !String(prior['network_mode']).startsWith('container:');
const hasRun = (prior: Attributes) => prior['exit_code'] !== null;

/**
 * The provider's schema, taken from its code (kreuzwerker/docker 3.6, schema version 2): defaults and changes that force a replacement are in no
 * published schema. `must_run` becomes false in the state of a stopped container. A container that others have joined is then replaced: after
 * a restart the others would stay in its old namespace.
 */
export const containerSchema: ResourceSchema = {
  type: 'docker_container',
  version: 2,
  provider,
  // The provider's own timeouts, 20 minutes each, under the key of its plugin SDK.
  private: Buffer.from(
    '{"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0":{"create":1200000000000,"delete":1200000000000,"update":1200000000000},"schema_version":"2"}',
  ).toString('base64'),
  attributes: {
    attach: { type: 'bool', default: false },
    bridge: { type: 'string', computed: true },
    capabilities: unusedBlocks,
    cgroup_parent: { type: 'string', replaces: true },
    cgroupns_mode: { type: 'string', replaces: true },
    command: { type: strings, computed: true, replaces: true },
    container_logs: { type: 'string', computed: true },
    container_read_refresh_timeout_milliseconds: { type: 'number', default: 15000 },
    cpu_period: { type: 'number' },
    cpu_quota: { type: 'number' },
    cpu_set: { ...limit, type: 'string' },
    cpu_shares: limit,
    cpus: { type: 'string', replaces: true },
    destroy_grace_seconds: { type: 'number' },
    device_cgroup_rules: { type: stringSet, replaces: true },
    device_read_bps: unusedBlocks,
    device_read_iops: unusedBlocks,
    device_requests: unusedBlocks,
    device_write_bps: unusedBlocks,
    device_write_iops: unusedBlocks,
    devices: unusedBlocks,
    dns: { type: stringSet, replaces: true },
    dns_opts: { type: stringSet, replaces: true },
    dns_search: { type: stringSet, replaces: true },
    domainname: { type: 'string', replaces: true },
    entrypoint: { type: strings, computed: true, replaces: true },
    env: { type: stringSet, computed: true, replaces: true, secret: true },
    exit_code: { type: 'number', computed: true, volatile: true },
    gpus: { type: 'string', replaces: true },
    group_add: { type: stringSet, replaces: true },
    healthcheck: { type: { list: healthcheck }, computed: true, ...kept },
    host: { type: { set: { object: { host: 'string', ip: 'string' } } }, replaces: true },
    hostname: { type: 'string', computed: true, replaces: true, volatile: true },
    id: { type: 'string', computed: true },
    image: { type: 'string', replaces: true },
    init: { type: 'bool', computed: true, ...kept },
    ipc_mode: { type: 'string', computed: true, replaces: true },
    labels: { type: labelSet, computed: true, replaces: true },
    log_driver: { type: 'string', computed: true, replaces: true },
    log_opts: { type: stringMap, replaces: true },
    logs: { type: 'bool', default: false },
    max_retry_count: { type: 'number' },
    memory: { type: 'number' },
    memory_reservation: { ...limit, default: 0 },
    memory_swap: { type: 'number' },
    mounts: unusedBlocks,
    must_run: { type: 'bool', default: true, replacesOurs: (prior) => ownsNetwork(prior) && hasRun(prior) },
    name: { type: 'string', replaces: true },
    network_data: { type: { list: network }, computed: true, volatile: true },
    network_mode: { type: 'string', default: 'bridge', replaces: true, unseen: isCutOffMode },
    networks_advanced: unusedBlocks,
    pid_mode: { type: 'string', replaces: true },
    platform: { type: 'string', computed: true, replaces: true },
    ports: { type: { list: port }, replaces: true },
    privileged: { type: 'bool', replaces: true },
    publish_all_ports: { type: 'bool', replaces: true },
    read_only: { type: 'bool', default: false, replaces: true },
    remove_volumes: { type: 'bool', default: true },
    restart: { type: 'string', default: 'no' },
    rm: { type: 'bool', default: false, ...kept },
    runtime: { type: 'string', computed: true, replaces: true },
    security_opts: { type: stringSet, computed: true, replaces: true },
    shm_size: { type: 'number', computed: true, replaces: true },
    start: { type: 'bool', default: true },
    stdin_open: { type: 'bool', default: false, replaces: true },
    stop_signal: { type: 'string', computed: true, replaces: true, meaning: stopSignal },
    stop_timeout: { type: 'number', computed: true, replaces: true },
    storage_opts: { type: stringMap, replaces: true },
    sysctls: { type: stringMap, replaces: true },
    timeouts: { type: { object: {} } },
    tmpfs: { type: stringMap },
    tty: { type: 'bool', default: false, replaces: true },
    ulimit: unusedBlocks,
    upload: { type: { set: upload }, replaces: true, secret: true },
    // Default: the image's user.
    user: { type: 'string', computed: true, replaces: true },
    userns_mode: { type: 'string', replaces: true },
    volumes: { type: { set: volume }, replaces: true },
    wait: { type: 'bool', default: false },
    wait_timeout: { type: 'number', default: 60 },
    working_dir: { type: 'string', computed: true, replaces: true, meaning: directory },
  },
};

export const volumeSchema: ResourceSchema = {
  type: 'docker_volume',
  version: 1,
  provider,
  private: Buffer.from('{"schema_version":"1"}').toString('base64'),
  attributes: {
    cluster: unusedBlocks,
    driver: { type: 'string', computed: true, replaces: true },
    driver_opts: { type: stringMap, replaces: true },
    id: { type: 'string', computed: true },
    labels: { type: labelSet, replaces: true },
    mountpoint: { type: 'string', computed: true },
    name: { type: 'string', computed: true, replaces: true },
  },
};

import type { Path } from './path.js';

/** Remedies for keys of docker compose that a spec does not have: at the top of a file, in a container, and in its healthcheck. */
const inFile: Readonly<Record<string, string>> = {
  services:
    "compose's `services` are `containers` (commands run in them) and `service_containers` (databases and the like): lists of items with a `name`",
  networks: 'a worker has one network, in which every container reaches the others at localhost and by name: remove it',
  secrets: "compose's `secrets` are `files` of a container (`content: '${env:TOKEN}'`, `mode`, `owner`), or `env`",
  configs: "compose's `configs` are `files` of a container: `files: [{to, from}]`",
  include: 'a spec is one file: write all containers into it',
};

const sharedNetwork = 'all containers of a worker share one network and reach each other at localhost and by name: remove it';
const noPrivileges = 'a container gets no more privileges than its image needs to run: remove it';
const notRestarted = 'a container that ends is not restarted, because its worker has then failed: remove it';
const oneWorker = 'a spec describes one worker: keep another spec for each variant';
const cpu = "write the container's share as `cpu`, in millicores: 1000 are one core";
const tags = 'find a worker by `tags`, a list of words at the top of the file: containers have no labels of their own';
const notSet = 'mayfly leaves it at the default of the backend: remove it';

const inContainer: Readonly<Record<string, string>> = {
  environment: "compose's `environment` is `env`, a mapping of names to values, in the engine or a container",
  volumes:
    'declare `volumes: [{name, storage}]` at the top: a container has them by `mounts: [{name, mount_point}]`, the engine at /media/<name>',
  volumes_from: 'mount the same volume in both containers: `mounts: [{name, mount_point}]`',
  tmpfs: "compose's `tmpfs` is a volume in memory: `volumes: [{name, storage, medium: memory}]`, and `mounts` in the container",
  ports: "compose's `ports` are `ports: [{name, port, host}]` at the top: the ports of the whole worker that are published",
  expose: sharedNetwork,
  links: sharedNetwork,
  external_links: sharedNetwork,
  networks: sharedNetwork,
  network_mode: sharedNetwork,
  mac_address: sharedNetwork,
  hostname: "compose's `hostname` is the container's `name`: the others reach it by that name",
  domainname: 'the others reach a container by its `name`: remove it',
  container_name: "compose's `container_name` is `name`; on the backend, the worker's name comes before it",
  depends_on:
    'containers start together, and the worker is ready when every `healthcheck` has passed and every `once: true` has ended: remove it',
  restart: notRestarted,
  build: 'mayfly builds no images: build it before (docker build -t NAME .), and name it in `image`',
  pull_policy: 'an image is pulled where the backend does not have it: remove it',
  platform: "compose's `platform` is `arch`: amd64 or arm64, one for the whole worker",
  mem_limit: "compose's `mem_limit` is `memory`, in MB",
  mem_reservation: "compose's `mem_reservation` is `memory`, in MB",
  memswap_limit: 'a container has no swap beyond its `memory`: remove it',
  mem_swappiness: notSet,
  cpus: "compose's `cpus` is `cpu`, in millicores: 1000 are one core",
  cpu_count: "compose's `cpu_count` is `cpu`, in millicores: 1000 are one core",
  cpu_shares: cpu,
  cpu_quota: cpu,
  cpu_period: cpu,
  cpuset: cpu,
  storage_opt: "compose's `storage_opt.size` is `storage`, in MB",
  deploy: "compose's `deploy.resources` are `cpu` (millicores), `memory` and `storage` (MB)",
  scale: 'write one item for each container: a list has no count',
  secrets: inFile['secrets']!,
  configs: inFile['configs']!,
  profiles: oneWorker,
  extends: 'share fields by a YAML anchor: `&base` on one container, `<<: *base` in the other',
  develop: 'a worker does not follow changes of your files: copy them in with `mayfly cp`',
  labels: tags,
  annotations: tags,
  logging: 'read logs with `mayfly logs`: mayfly keeps the last 30 MB of each container on Docker',
  stdin_open: 'give a command your input with `mayfly exec -i`: remove it',
  tty: 'give a command a terminal with `mayfly exec -it`: remove it',
  attach: 'read logs with `mayfly logs`: remove it',
  init: 'every container has an init process: remove it',
  stop_grace_period: 'a container has 10 s between TERM and KILL: remove it',
  stop_signal: 'a container ends by TERM, or by the signal that its image names: remove it',
  privileged: noPrivileges,
  cap_add: noPrivileges,
  cap_drop: noPrivileges,
  devices: noPrivileges,
  device_cgroup_rules: noPrivileges,
  security_opt: noPrivileges,
  userns_mode: noPrivileges,
  cgroup: noPrivileges,
  cgroup_parent: noPrivileges,
  pid: noPrivileges,
  ipc: noPrivileges,
  uts: noPrivileges,
  gpus: 'mayfly has no GPUs: remove it',
  group_add: "compose's `group_add` has no counterpart: write the group into `user`, as in `user: 1000:100`",
  read_only: notSet,
  sysctls: notSet,
  ulimits: notSet,
  oom_kill_disable: notSet,
  oom_score_adj: notSet,
  pids_limit: notSet,
  blkio_config: notSet,
  runtime: notSet,
  dns: notSet,
  dns_opt: notSet,
  dns_search: notSet,
  extra_hosts: notSet,
};

const inHealthcheck: Readonly<Record<string, string>> = {
  test: "compose's `healthcheck.test` is `healthcheck.command`",
  disable: "compose's `disable: true` is `healthcheck: none`",
  start_interval: 'a check runs every `interval` from the start: remove it',
};

/** The remedy for a key that docker compose has in a mapping of this kind, and a spec does not; `undefined` for any other key. */
export function composeRemedy(path: Path, key: string): string | undefined {
  const table = tableOf(path);
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Keys of a container are often written at the top by mistake, so they count there too. */
function tableOf(path: Path): Readonly<Record<string, string>> {
  if (path.length === 0) return { ...inContainer, ...inFile };
  if (path.at(-1) === 'healthcheck') return inHealthcheck;
  const inList = path.length === 2 && (path[0] === 'containers' || path[0] === 'service_containers');
  return inList || (path.length === 1 && path[0] === 'engine') ? inContainer : {};
}

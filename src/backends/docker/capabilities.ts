import { sizesEvery } from '../ports/sizes.js';
import { type Capabilities, enforced, ignored, refused, unenforced } from '../ports/capabilities.js';

/** Text for sizes without a limit. Much can be written between two measurements. */
export const watched = `the keeper measures every ${sizesEvery / 1000} s and ends the worker when the size is exceeded`;

/** Capabilities of a daemon without disk quotas. Daemons with quotas are rare. */
export const dockerCapabilities: Capabilities = {
  total: enforced('more than the daemon’s host has is refused'),
  cpu: enforced('a share of the host when it is busy; a limit of the container in a request'),
  cpuLimit: enforced('a limit of the container'),
  memory: enforced('a limit of the container, with its swap'),
  storage: unenforced(`${watched}; a limit where the daemon has quotas (overlay2 on xfs)`),
  volumes: unenforced(`${watched}; a limit where the daemon has quotas (overlay2 on xfs)`),
  memoryVolumes: enforced('a tmpfs of that size'),
  caches: enforced('a volume; a cache that is larger than its `size` after its use is removed'),
  sources: enforced('a path of this machine; a daemon of another machine refuses it'),
  copyOnWrite: enforced('an overlay over the source; refused where the storage driver is not overlay2, and without root'),
  images: enforced('required; pulled by the daemon'),
  containers: enforced('limited only by the host'),
  entrypoint: enforced('as it is'),
  workingDir: enforced('as it is'),
  user: enforced('as it is'),
  sharedMemory: enforced('the size of its /dev/shm'),
  files: enforced('put in before each start; an `owner` by the embedded applier only'),
  healthcheck: enforced('as it is'),
  once: enforced('the worker waits until it has ended with 0'),
  exec: enforced('a socket of the worker’s own, on the machine of the daemon'),
  sessions: enforced('in each of its containers'),
  fresh: enforced('a container of its own, without a network'),
  copy: enforced('in each of its containers, with or without a shell'),
  copyOwner: enforced('as it is'),
  artifacts: enforced('by `mayfly run`'),
  melodium: enforced('the same socket'),
  arch: refused('only the daemon’s own architecture'),
  bind: enforced('where the daemon publishes the port'),
  ports: enforced('published on `access.bind`, on a free port of the host where the spec names none'),
  cidrs: ignored('the address decides who reaches it'),
  cost: ignored('it has no price'),
  apart: enforced('no traffic between them on the bridge'),
};

/** Capabilities of Podman, where it differs. */
export const podmanCapabilities: Capabilities = {
  ...dockerCapabilities,
  healthcheck: enforced('run by mayfly while it waits: a failing check is repeated until `create_timeout`, regardless of `retries`'),
  caches: refused('podman makes a volume again without labels if it was removed, and such a cache would have no end'),
  copyOnWrite: refused('podman makes no volume with an overlay over a directory'),
  memoryVolumes: refused('podman cannot limit the size of a volume in memory'),
  apart: ignored("podman does not isolate the workers of its host: each reaches the others' engines"),
};

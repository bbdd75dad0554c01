import { sizesEvery } from '../ports/sizes.js';
import { type Capabilities, enforced, ignored, refused, unenforced } from '../ports/capabilities.js';

/** What happens where a size has no limit; much can be written in that time. */
export const watched = `the keeper looks every ${sizesEvery / 1000} s and ends the worker when it is outgrown`;

/** Of a daemon without disk quotas, which are rare. */
export const dockerCapabilities: Capabilities = {
  total: enforced('more than the daemon’s host has is refused'),
  cpu: enforced('a limit of the container'),
  memory: enforced('a limit of the container, with its swap'),
  storage: unenforced(`${watched}; a limit where the daemon has quotas (overlay2 on xfs)`),
  volumes: unenforced(`${watched}; a limit where the daemon has quotas (overlay2 on xfs)`),
  memoryVolumes: enforced('a tmpfs of that size'),
  images: enforced('pulled by the daemon; needed'),
  containers: enforced('as many as the host takes'),
  healthcheck: enforced('as it is'),
  once: enforced('the worker waits until it has ended with 0'),
  exec: enforced('a socket of the worker’s own, on the machine of the daemon'),
  sessions: enforced('in each of its containers'),
  melodium: enforced('the same socket'),
  arch: refused('the daemon runs on its own alone'),
  bind: enforced('where the daemon publishes the port'),
  cidrs: ignored('the address decides who reaches it'),
  cost: ignored('it has no price'),
  apart: enforced('no traffic between them on the bridge'),
};

/** Where Podman differs. */
export const podmanCapabilities: Capabilities = {
  ...dockerCapabilities,
  healthcheck: enforced('asked by mayfly as long as it waits: one that fails is waited for until `create_timeout`, whatever its `retries`'),
  memoryVolumes: refused('podman cannot limit the size of a volume in memory'),
  apart: ignored("podman does not keep the workers of its host apart: each reaches the others' engines"),
};

import { sizesEvery } from '../ports/sizes.js';
import { type Capabilities, enforced, ignored, refused, unenforced } from '../ports/capabilities.js';

export const processCapabilities: Capabilities = {
  total: enforced('more than the machine has is refused'),
  cpu: unenforced('processes share the whole machine'),
  memory: unenforced('it is limited for each process by itself (its data), not for all of a container together'),
  storage: unenforced('files and logs grow as they like'),
  volumes: unenforced(`the keeper measures every ${sizesEvery / 1000} s and ends the worker when the size is exceeded`),
  memoryVolumes: unenforced('it is a directory on disk'),
  images: refused('local processes have no images'),
  containers: enforced('as many as the machine takes'),
  healthcheck: enforced('as it is'),
  once: enforced('the worker waits until it has ended with 0'),
  exec: refused('local processes can start others themselves'),
  sessions: enforced('beside each of its processes'),
  melodium: enforced('the one on the PATH, if it is of that version'),
  arch: refused('the machine has its own alone'),
  bind: ignored('the engine itself has to listen there'),
  cidrs: ignored('the address decides who reaches it'),
  cost: ignored('it has no price'),
  apart: ignored('processes use the network of the machine'),
};

import { sizesEvery } from '../ports/sizes.js';
import { type Capabilities, enforced, ignored, refused, unenforced } from '../ports/capabilities.js';

export const processCapabilities: Capabilities = {
  total: enforced('more than the machine has is refused'),
  cpu: unenforced('processes share the whole machine'),
  cpuLimit: unenforced('processes share the whole machine'),
  memory: unenforced('the limit is for the data of each process, not for all processes of a container together'),
  storage: unenforced('files and logs have no limit'),
  volumes: unenforced(`the keeper measures every ${sizesEvery / 1000} s and ends the worker when the size is exceeded`),
  memoryVolumes: unenforced('it is a directory on disk'),
  images: refused('local processes have no images'),
  containers: enforced('limited only by the machine'),
  entrypoint: enforced('the words before the command'),
  workingDir: enforced('below the directory of the process; made where it is missing'),
  user: refused('local processes run as the user who made the worker'),
  sharedMemory: ignored('/dev/shm is that of the machine'),
  healthcheck: enforced('as it is'),
  once: enforced('the worker waits until it has ended with 0'),
  exec: refused('local processes can start commands by themselves'),
  sessions: enforced('beside each of its processes; `--tty` and `--user` are refused'),
  melodium: enforced('the program on the PATH, if it has that version'),
  arch: refused('only the machine’s own architecture'),
  bind: ignored('the engine itself must listen there'),
  ports: enforced('each port is its own address: the network is that of the machine; another `host` port is refused'),
  cidrs: ignored('the address decides who reaches it'),
  cost: ignored('it has no price'),
  apart: ignored('processes use the network of the machine'),
};

import { type Capabilities, enforced, ignored, refused, rounded, unenforced } from '../ports/capabilities.js';

/** Largest number of containers in a task definition, the engine included. */
export const maxContainers = 10;

/** The reason why no command can be run in a task from outside. */
const noSessions = 'ECS Exec is interactive only, loses exit codes and ends after 20 idle minutes';

/** How a container of a task gets its cpu. */
export const share = 'a share: a container takes what the others of its task leave';

export const awsCapabilities: Capabilities = {
  total: rounded('up to the next shape that Fargate has: 0.25 to 16 vCPU, 0.5 to 120 GB; more is refused'),
  cpu: enforced(`${share}; in a request too`),
  cpuLimit: refused('Fargate limits the cpu of a task, not of a container'),
  memory: enforced('a limit of the container'),
  storage: unenforced('all of a task share its disk, which is reserved in this size and limited as a whole'),
  volumes: unenforced('all of a task share its disk, which is reserved in this size and limited as a whole'),
  memoryVolumes: refused('Fargate has no volumes in memory'),
  caches: refused('the disk of a task ends with it'),
  sources: refused('a task does not see the files of this machine'),
  copyOnWrite: refused('a task does not see the files of this machine'),
  images: enforced('pulled by Fargate; needed'),
  containers: refused(`a task has at most ${maxContainers}, the engine among them`),
  entrypoint: enforced('as it is'),
  workingDir: enforced('as it is'),
  user: enforced('as it is'),
  sharedMemory: refused('shm_size cannot be set on Fargate'),
  files: refused('Fargate cannot put files into a container before it starts'),
  healthcheck: rounded(
    'whole seconds; interval 5–300 s, timeout 2–60 s, 1–10 retries, start_period 0–300 s; asked for ever: AWS stops a task that becomes unhealthy',
  ),
  once: enforced('the worker waits until it has ended with 0: a container that is not essential to its task'),
  exec: refused(noSessions),
  sessions: refused(noSessions),
  fresh: refused(noSessions),
  copy: refused(noSessions),
  copyOwner: refused(noSessions),
  artifacts: refused(noSessions),
  melodium: refused('it runs commands in them; one without containers is accepted'),
  arch: enforced('there is no host: amd64, or arm64 where asked'),
  bind: ignored('a task has an address of its own: see access.cidrs and access.public'),
  ports: refused('the security group of a task opens the engine’s port only'),
  cidrs: enforced('a security group of the worker’s own; nobody reaches the engine by default'),
  cost: enforced('refused above it, and where the region’s prices are not known'),
  apart: enforced('each in a security group of its own'),
};

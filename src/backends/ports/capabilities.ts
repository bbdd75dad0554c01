/** The treatment of a spec's field by a backend. */
export type Treatment =
  /** The field is enforced. */
  | 'enforced'
  /** The worker gets the nearest available value; a line of the plan shows it. */
  | 'rounded'
  /** The field is not enforced; a line of the plan warns, and `--strict` refuses the spec. */
  | 'unenforced'
  /** The spec is refused; the reason contains the remedy. */
  | 'refused'
  /** The field has no effect. */
  | 'ignored';

export interface Capability {
  how: Treatment;
  /** A clause that explains the treatment, for the table in the docs and the sentences of an offer. */
  says: string;
}

/** The aspects in which backends differ, with their names in the table of the docs. */
export const aspects = {
  total: '`cpu` and `memory` in all',
  cpu: '`cpu` of a container',
  cpuLimit: '`cpu_limit`',
  memory: '`memory` of a container',
  storage: '`storage` of a container',
  volumes: 'size of volumes on disk',
  memoryVolumes: 'volumes with `medium: memory`',
  caches: '`caches`',
  sources: '`mounts` with `source`',
  copyOnWrite: '`copy_on_write`',
  images: '`image`',
  containers: 'how many containers',
  entrypoint: '`entrypoint`',
  workingDir: '`working_dir`',
  user: '`user`',
  sharedMemory: '`shm_size`',
  files: '`files`',
  healthcheck: '`healthcheck`',
  once: '`once`',
  exec: '`engine.exec`',
  sessions: '`mayfly exec`, `cp` and `run`',
  fresh: '`mayfly exec --fresh`',
  copy: '`copy`',
  copyOwner: '`copy` with an `owner` that is not `user`',
  artifacts: '`artifacts`, `retain`',
  melodium: 'a Mélodium engine with containers',
  arch: '`arch` that is not the host’s',
  bind: '`access.bind`',
  ports: '`ports`',
  cidrs: '`access.cidrs`, `access.public`',
  cost: '`max_cost`',
  apart: 'workers kept apart',
} as const;

export type Aspect = keyof typeof aspects;

/** A backend's declaration for each aspect. Its offer and the docs are made from this. */
export type Capabilities = Record<Aspect, Capability>;

export const enforced = (says: string): Capability => ({ how: 'enforced', says });
export const rounded = (says: string): Capability => ({ how: 'rounded', says });
export const unenforced = (says: string): Capability => ({ how: 'unenforced', says });
export const refused = (says: string): Capability => ({ how: 'refused', says });
export const ignored = (says: string): Capability => ({ how: 'ignored', says });

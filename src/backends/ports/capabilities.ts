/** What a backend does with what a spec asks for. */
export type Treatment =
  /** It is held to. */
  | 'enforced'
  /** The nearest that the backend has is given; a line of the plan says what. */
  | 'rounded'
  /** It is not held to; a line of the plan says so, and `--strict` refuses it. */
  | 'unenforced'
  /** The spec is not accepted; the reason says what to do instead. */
  | 'refused'
  /** It means nothing there. */
  | 'ignored';

export interface Capability {
  how: Treatment;
  /** In what way, or why: a clause for the table in the docs, and for the offer's own sentences. */
  says: string;
}

/** What backends differ in, as the table in the docs calls it. */
export const aspects = {
  total: '`cpu` and `memory` in all',
  cpu: '`cpu` of a container',
  memory: '`memory` of a container',
  storage: '`storage` of a container',
  volumes: 'size of volumes on disk',
  memoryVolumes: 'volumes with `medium: memory`',
  images: '`image`',
  containers: 'how many containers',
  healthcheck: '`healthcheck`',
  once: '`once`',
  exec: '`engine.exec`',
  sessions: '`mayfly exec`, `cp` and `run`',
  melodium: 'a Mélodium engine with containers',
  arch: '`arch` that is not the host’s',
  bind: '`access.bind`',
  cidrs: '`access.cidrs`, `access.public`',
  cost: '`max_cost`',
  apart: 'workers kept apart',
} as const;

export type Aspect = keyof typeof aspects;

/** A backend's own word on each; its offer and the docs go by it. */
export type Capabilities = Record<Aspect, Capability>;

export const enforced = (says: string): Capability => ({ how: 'enforced', says });
export const rounded = (says: string): Capability => ({ how: 'rounded', says });
export const unenforced = (says: string): Capability => ({ how: 'unenforced', says });
export const refused = (says: string): Capability => ({ how: 'refused', says });
export const ignored = (says: string): Capability => ({ how: 'ignored', says });

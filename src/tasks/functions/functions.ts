import type { DefaultRevision, FunctionRevision } from './function.js';

/** The functions of the store. */
export interface Functions {
  /**
   * Stores a new revision. The first one of a name becomes its default.
   *
   * @param sealed its variables, encrypted
   * @param limit the most revisions of the organisation
   * @returns `full`: the organisation has as many already; `existing`: there is a revision of this name
   */
  add(
    revision: FunctionRevision,
    sealed: Uint8Array | null,
    limit: number,
  ): Promise<{ outcome: 'added' } | { outcome: 'full' } | { outcome: 'existing'; existing: FunctionRevision; sealed: Uint8Array | null }>;
  /** `revision`: absent for the default one. */
  find(organisation: string, name: string, revision?: string): Promise<{ revision: FunctionRevision; sealed: Uint8Array | null } | null>;
  /** By name, the oldest revision first. */
  list(organisation: string): Promise<FunctionRevision[]>;
  /** By name. */
  defaults(organisation: string): Promise<DefaultRevision[]>;
  /** Makes a revision the default. @returns `null`: there is no such revision */
  switch(organisation: string, name: string, revision: string): Promise<DefaultRevision | null>;
  /** Makes the previous default the default again. @returns `null`: there is none */
  rollBack(organisation: string, name: string): Promise<DefaultRevision | null>;
}

import type { DefaultRevision, FunctionRevision, FunctionWork } from '../../tasks/functions/function.js';

/** A row of the table `functions`, as `migrations.ts` makes it. */
export interface FunctionRow {
  organisation: string;
  name: string;
  revision: string;
  digest: string;
  /** JSON. */
  work: string;
  container: string | null;
  timeout: number;
  memory: number | null;
  /** JSON. */
  env: string;
  sealed: Uint8Array | null;
  createdAt: number;
}

export interface FunctionDefaultRow extends DefaultRevision {
  organisation: string;
}

export function rowOfRevision({ work, env, ...plain }: FunctionRevision, sealed: Uint8Array | null): FunctionRow {
  return { ...plain, sealed, work: JSON.stringify(work), env: JSON.stringify(env) };
}

export function revisionOfRow({ work, env, sealed: _, ...plain }: FunctionRow): FunctionRevision {
  return { ...plain, work: JSON.parse(work) as FunctionWork, env: JSON.parse(env) as string[] };
}

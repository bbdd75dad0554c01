import { MayflyError } from '../../errors.js';
import { type FunctionRevision, isModule, type NewFunction, revisionOf } from '../../tasks/functions/function.js';
import type { Functions } from '../../tasks/functions/functions.js';
import type { StoreKey } from '../secrets/key.js';
import { open, seal } from '../secrets/seal.js';
import { moduleDigest, type ModuleFiles } from './modules.js';

export interface RegistryParts {
  functions: Functions;
  modules: ModuleFiles;
  key: StoreKey;
  randomBytes(bytes: number): Uint8Array;
}

/** A revision as a client gives it: the module itself in place of its digest. */
export type Submission = Omit<NewFunction, 'work'> & {
  work: { kind: 'command'; command: readonly string[] } | { kind: 'wasm'; bytes: Buffer; args: readonly string[] };
};

/** The most revisions of an organisation. */
const most = 1000;

/** The functions of the service. Values of variables are stored encrypted. */
export class FunctionRegistry {
  constructor(private readonly parts: RegistryParts) {}

  /**
   * Stores a revision. The same revision again is returned as it is.
   *
   * @throws MayflyError `not_possible`: a revision of this name has other contents; `limit_exceeded`; `usage`: no module
   */
  async add({ work, ...asked }: Submission): Promise<{ revision: FunctionRevision; created: boolean }> {
    const { functions, modules, key, randomBytes } = this.parts;
    const { organisation } = asked;
    const stored = work.kind === 'command' ? work : { kind: work.kind, module: digestOf(work.bytes), args: work.args };
    const revision = revisionOf({ ...asked, work: stored });
    const earlier = await functions.find(organisation, revision.name, revision.revision);
    if (earlier) return this.again(earlier, revision, asked.env);
    if ((await functions.list(organisation)).length >= most) throw full(organisation);
    // Only what is new is written: a refused module would stay as a file.
    if (work.kind === 'wasm') await modules.keep(work.bytes);
    const sealed = revision.env.length === 0 ? null : seal(textOf(asked.env), owner(revision), key, randomBytes);
    const added = await functions.add(revision, sealed, most);
    if (added.outcome === 'full') throw full(organisation);
    if (added.outcome === 'added') return { revision, created: true };
    return this.again({ revision: added.existing, sealed: added.sealed }, revision, asked.env);
  }

  /** A revision and its variables. @param revision absent for the default one. @throws MayflyError `not_found` */
  async find(
    organisation: string,
    name: string,
    revision?: string,
  ): Promise<{ revision: FunctionRevision; env: Readonly<Record<string, string>> }> {
    const found = await this.parts.functions.find(organisation, name, revision);
    if (!found) throw unknownFunction(name, revision);
    return { revision: found.revision, env: JSON.parse(this.textIn(found.revision, found.sealed)) as Record<string, string> };
  }

  private again(
    earlier: { revision: FunctionRevision; sealed: Uint8Array | null },
    revision: FunctionRevision,
    env: Readonly<Record<string, string>>,
  ): { revision: FunctionRevision; created: false } {
    const same = earlier.revision.digest === revision.digest && this.textIn(earlier.revision, earlier.sealed) === textOf(env);
    if (!same) throw exists(revision);
    return { revision: earlier.revision, created: false };
  }

  private textIn(revision: FunctionRevision, sealed: Uint8Array | null): string {
    return sealed === null ? '{}' : open(sealed, owner(revision), this.parts.key);
  }
}

/** The SHA-256 of a module. @throws MayflyError `usage`: no module */
function digestOf(bytes: Buffer): string {
  if (isModule(bytes)) return moduleDigest(bytes);
  throw new MayflyError('usage', {
    place: { path: 'body.wasm' },
    cause: 'is not a module of WebAssembly, version 1, in base64',
    remedy: 'send the bytes of a .wasm file for WASI preview 1 in base64',
  });
}

/** The same for the same variables in any order. */
function textOf(env: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function owner({ organisation, name, revision }: FunctionRevision): string {
  return `function ${organisation}/${name}@${revision}`;
}

export function unknownFunction(name: string, revision?: string): MayflyError {
  return new MayflyError('not_found', {
    place: { path: revision === undefined ? name : `${name}@${revision}` },
    cause: revision === undefined ? 'there is no function with this name' : 'there is no such revision',
    remedy: 'see GET /v1/functions',
  });
}

function exists({ name, revision }: FunctionRevision): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: `${name}@${revision}` },
    cause: 'this revision exists with other contents, and revisions do not change',
    remedy: 'give it another revision',
  });
}

function full(organisation: string): MayflyError {
  return new MayflyError('limit_exceeded', {
    place: { path: organisation },
    cause: `has ${most} revisions of functions, the most that an organisation may have`,
    remedy: 'use another organisation',
  });
}

import type { StackClass } from '../../../stacks/synthesize.js';
import type { Clock } from '../../clock.js';
import type { BackendName } from '../../spec/worker-spec.js';
import type { Backend } from './backend.js';
import type { Describe } from './describe.js';
import type { Capabilities } from './capabilities.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that other rooms need of a kind of backend before one is opened. Metadata and late imports: importing an entry loads no SDK, no
 * cdktf and no client.
 */
export interface Entry {
  /** The kind: `backend` of a spec, and the first part of a node's name. `[a-z][a-z0-9-]*`. */
  readonly name: BackendName;
  /** Whether it is asked when nobody names a backend, in the order of the registry. Otherwise it is asked only when it is in use. */
  readonly unnamed: boolean;
  /** Settings of a node, by their keys. The settings file has them as `<name>_<key>`. */
  readonly settings: Readonly<Record<string, EntrySetting>>;
  /** Further environment variables that decide which node a process reaches. */
  readonly deciding: readonly string[];
  /** Whether Terraform has a provider for it, so that a remote state can hold its workers. */
  readonly provider: boolean;
  /** The text of a first spec, for `mayfly init`. */
  example(name: string): string;
  readonly describe: Describe;
  load(): Promise<Implementation>;
  /** The stack that says what a worker is made of. */
  loadStack(): Promise<StackClass>;
}

export interface EntrySetting {
  /** The environment variable that sets it, and wins over the file. */
  variable: string;
  /** What it must be, for errors: `a region such as eu-west-1`. */
  expects: string;
  valid(text: string): boolean;
}

export interface OpenOptions {
  /** The node's name. */
  node: string;
  /** The environment, with the node's settings in their variables. */
  env: Environment;
  clock: Clock;
}

/** What is loaded late. */
export interface Implementation {
  /** @throws MayflyError `settings_invalid`, `backend_unreachable` where the environment leads to no node */
  open(options: OpenOptions): Backend;
  /** What the backend does with each thing that backends differ in: a column each in the docs. */
  readonly columns: Readonly<Record<string, Capabilities>>;
  /** Makes a keeper that stays live on the node. `null`: none can. @throws MayflyError */
  readonly installKeeper: ((options: { env: Environment; image: string; version: string }) => Promise<InstalledKeeper>) | null;
  /** The rights that mayfly needs there, as JSON for whoever grants them. `null`: there are no rights to grant. */
  readonly policy: ((env: Environment) => unknown) | null;
}

export interface InstalledKeeper {
  name: string;
  /** It ran before. */
  already: boolean;
}

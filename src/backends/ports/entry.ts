import type { StackClass } from '../../../stacks/synthesize.js';
import type { Clock } from '../../clock.js';
import type { BackendName } from '../../spec/worker-spec.js';
import type { Backend } from './backend.js';
import type { Describe } from './describe.js';
import type { Capabilities } from './capabilities.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Everything that other rooms need from a kind of backend before a node is opened: metadata and late imports. Importing an entry loads no
 * SDK, no cdktf and no client.
 */
export interface Entry {
  /** The kind: `backend` of a spec, and the first part of a node's name. `[a-z][a-z0-9-]*`. */
  readonly name: BackendName;
  /** Whether it is asked, in the order of the registry, when no backend is named. Otherwise it is asked only if it is in use. */
  readonly unnamed: boolean;
  /** Whether its workers run with the rights of this process's user. A service takes such workers only where its settings allow it. */
  readonly asUser: boolean;
  /** Settings of a node, by key. Their keys in the settings file are `<name>_<key>`. */
  readonly settings: Readonly<Record<string, EntrySetting>>;
  /** Further environment variables that determine which node a process reaches. */
  readonly deciding: readonly string[];
  /** Whether Terraform has a provider for it. Without one, its workers are in no remote state. */
  readonly provider: boolean;
  /** The text of a first spec, for `mayfly init`. */
  example(name: string): string;
  readonly describe: Describe;
  load(): Promise<Implementation>;
  /** Loads the stack: the resources of a worker. */
  loadStack(): Promise<StackClass>;
}

export interface EntrySetting {
  /** The environment variable of the setting; it wins over the file. */
  variable: string;
  /** Describes valid values for errors: `a region such as eu-west-1`. */
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

/** The part of a backend that is loaded late. */
export interface Implementation {
  /** @throws MayflyError `settings_invalid`, `backend_unreachable` where the environment leads to no node */
  open(options: OpenOptions): Backend;
  /** The backend's capabilities, for one or more columns of the table in the docs. */
  readonly columns: Readonly<Record<string, Capabilities>>;
  /** Installs a permanent keeper on the node. `null`: the backend cannot have one. @throws MayflyError */
  readonly installKeeper: ((options: { env: Environment; image: string; version: string }) => Promise<InstalledKeeper>) | null;
  /** The permissions that mayfly needs there, as JSON for an administrator. `null`: it needs none. */
  readonly policy: ((env: Environment) => unknown) | null;
}

export interface InstalledKeeper {
  name: string;
  /** Whether it was running before. */
  already: boolean;
}

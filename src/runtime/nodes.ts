import type { Backend } from '../backends/ports/backend.js';
import type { Entry, Environment } from '../backends/ports/entry.js';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { kindOf } from '../spec/node-name.js';
import type { Nodes } from '../worker/nodes.js';
import { asDecided, decidingEnv } from './deciding.js';

/** A configured instance of a backend. */
export interface NodeSettings {
  /** Such as `docker` or `docker@build-2`. */
  name: string;
  /** Values of the entry's settings, by key. The backend uses its own default for a missing one. */
  settings: Readonly<Record<string, string>>;
}

export interface NodesOptions {
  entries: readonly Entry[];
  nodes: readonly NodeSettings[];
  env: Environment;
  clock: Clock;
}

export interface OpenNodes extends Nodes {
  /** Returns the node's backend, opened at the first call. After a failure the next call tries again. */
  open(node: string): Promise<Backend>;
  close(): void;
}

/** Returns one node of each kind, named as the kind: the nodes of the command line. `settings`: by kind. */
export function oneOfEach(entries: readonly Entry[], settings: Readonly<Record<string, Readonly<Record<string, string>>>>): NodeSettings[] {
  return entries.map(({ name }) => ({ name, settings: settings[name] ?? {} }));
}

export function openNodes({ entries, nodes, env, clock }: NodesOptions): OpenNodes {
  const opened = new Map<string, Promise<Backend>>();
  const entryOf = (node: string) => entryNamed(entries, node);
  const settingsOf = (node: string) => {
    const found = nodes.find(({ name }) => name === node);
    if (found) return found.settings;
    const names = nodes.map(({ name }) => name).join(', ');
    throw new MayflyError('usage', { place: { path: node }, cause: 'is not a configured node', remedy: `name one of ${names}` });
  };
  const envOf = (node: string) => ({ ...env, ...inVariables(entryOf(node), settingsOf(node)) });
  return {
    names: nodes.map(({ name }) => name),
    unnamed: nodes.filter(({ name }) => entryOf(name).unnamed).map(({ name }) => name),
    chosen: nodes.filter(({ settings }) => Object.keys(settings).length > 0).map(({ name }) => name),
    entry(node) {
      settingsOf(node);
      return entryOf(node);
    },
    deciding: (node) => decidingEnv(entries, envOf(node)),
    open(node) {
      const backend = opened.get(node) ?? openNode(entryOf(node), { node, env: envOf(node), clock });
      opened.set(node, backend);
      backend.catch(() => opened.delete(node));
      return backend;
    },
    close() {
      for (const backend of opened.values()) void backend.then((one) => one.close()).catch(() => {});
    },
  };
}

/** Opens a node with the determining variables of another process. */
export async function openDecided(
  entries: readonly Entry[],
  node: string,
  decided: Record<string, string>,
  { env, clock }: { env: Environment; clock: Clock },
): Promise<Backend> {
  return openNode(entryNamed(entries, node), { node, env: asDecided(entries, env, decided), clock });
}

async function openNode(entry: Entry, options: { node: string; env: Environment; clock: Clock }): Promise<Backend> {
  const { open } = await entry.load();
  return open(options);
}

/** @throws MayflyError `usage` for an unknown kind of backend */
function entryNamed(entries: readonly Entry[], node: string): Entry {
  const entry = entries.find(({ name }) => name === kindOf(node));
  if (entry) return entry;
  throw new MayflyError('usage', {
    place: { path: node },
    cause: 'names an unknown kind of backend',
    remedy: `use one of ${entries.map(({ name }) => name).join(', ')}`,
  });
}

function inVariables({ settings }: Entry, values: NodeSettings['settings']): Environment {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const setting = settings[key];
      return setting ? [[setting.variable, value]] : [];
    }),
  );
}

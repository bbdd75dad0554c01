import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type StateBackend, stateBackendTypes } from '../apply/terraform/state-backend.js';
import { MayflyError } from '../errors.js';
import { applierNames } from '../plan/plan.js';
import { entries } from '../backends/registry.js';
import { backendNames } from './backend-names.js';
import { configDirectory, stateDirectory } from './places.js';
import { defaultSettings, type Settings } from '../worker/settings.js';

const fileName = 'mayfly.config.yaml';

export interface Found {
  settings: Settings;
  stateDir: string;
  /** The settings of the service, which parses them itself, and their file. */
  serve: { file: string; value: unknown } | null;
  /** The URL of the service that commands use; `null`: they work on this machine's own workers. */
  server: string | null;
  /** A file with the token for that server. */
  tokenFile: string | null;
}

export interface Flags {
  backend?: string | undefined;
  applier?: string | undefined;
  parallelism?: number | undefined;
  lockTimeout?: number | undefined;
  server?: string | undefined;
}

type Environment = Record<string, string | undefined>;

/** One setting: its environment variable and its check. */
interface Key {
  /** `null`: only a file can set it, since its value is a mapping. */
  variable: string | null;
  expects: string;
  secret?: true;
  valid(value: unknown): boolean;
  /** The variable's value is used as text, even if it looks like a number. */
  text?: true;
  /** The file of a project may not set it: a repository from elsewhere would get the user's token. */
  personal?: true;
}

const common = {
  backend: {
    variable: 'MAYFLY_BACKEND',
    expects: backendNames.join(', '),
    valid: (value) => (backendNames as readonly unknown[]).includes(value),
  },
  applier: {
    variable: 'MAYFLY_APPLIER',
    expects: 'embedded, terraform or tofu',
    valid: (value) => (applierNames as readonly unknown[]).includes(value),
  },
  // Users should rather put secrets in the variables that terraform and tofu read themselves.
  state_backend: {
    variable: null,
    expects: `a mapping with a type of ${stateBackendTypes.join(', ')}, and no empty values`,
    secret: true,
    valid: isStateBackend,
  },
  parallelism: {
    variable: 'MAYFLY_PARALLELISM',
    expects: 'a whole number from 1',
    valid: (value) => Number.isInteger(value) && Number(value) >= 1,
  },
  lock_timeout: {
    variable: 'MAYFLY_LOCK_TIMEOUT',
    expects: 'seconds, at least 0',
    valid: (value) => typeof value === 'number' && value >= 0,
  },
  max_lifetime: {
    variable: 'MAYFLY_MAX_LIFETIME',
    expects: 'seconds, at least 1',
    valid: (value) => Number.isInteger(value) && Number(value) >= 1,
  },
  serve: {
    variable: null,
    expects: 'a mapping: see docs/serve.md',
    valid: (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
  },
  state_dir: { variable: 'MAYFLY_STATE_DIR', expects: 'a path', valid: isText },
  server: { variable: 'MAYFLY_SERVER', expects: 'a URL, or local', valid: isText, text: true, personal: true },
  token_file: { variable: 'MAYFLY_TOKEN_FILE', expects: 'a path', valid: isText, text: true, personal: true },
} satisfies Record<string, Key>;

/** The settings of each backend, as `<name>_<key>`. */
const ofBackends = entries.flatMap(({ name, settings }) =>
  Object.entries(settings).map(([key, { variable, expects, valid }]) => ({
    backend: name,
    key,
    id: `${name}_${key}`,
    rule: { variable, expects, valid: (value: unknown) => typeof value === 'string' && valid(value), text: true } satisfies Key,
  })),
);

const keys: Readonly<Record<string, Key>> = { ...common, ...Object.fromEntries(ofBackends.map(({ id, rule }) => [id, rule])) };

/** Reads all settings. Flags win over `MAYFLY_*`, then the nearest `mayfly.config.yaml` from `cwd` upwards, then the user's own. */
export async function findSettings(cwd: string, env: Environment, flags: Flags): Promise<Found> {
  const config = configDirectory(env);
  const ownFile = config === null ? null : join(config, fileName);
  const own = ownFile === null ? {} : await readConfig(ownFile);
  const nearFile = nearest(cwd);
  const near = await readConfig(nearFile);
  if (nearFile !== ownFile) assertNothingPersonal(near, nearFile);
  const variables = Object.fromEntries(
    Object.entries(keys).flatMap(([key, { variable, text }]) => {
      const value = variable ? env[variable] : undefined;
      return value ? [[key, checked(key, text ? value : scalar(value), variable!)]] : [];
    }),
  );
  const { backend, applier, parallelism, lockTimeout, server } = flags;
  const flagged = { backend, applier, parallelism, lock_timeout: lockTimeout, server };
  const given = Object.fromEntries(
    Object.entries(flagged).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, checked(key, value, `--${key.replace('_', '-')}`)]],
    ),
  );
  const all = { ...own, ...near, ...variables, ...given } as Partial<Record<string, unknown>>;
  return {
    settings: {
      backend: (all['backend'] as Settings['backend']) ?? defaultSettings.backend,
      applier: (all['applier'] as Settings['applier']) ?? defaultSettings.applier,
      stateBackend: stateBackendOf(all['state_backend']),
      parallelism: (all['parallelism'] as number) ?? defaultSettings.parallelism,
      lockTimeout: (all['lock_timeout'] as number) ?? defaultSettings.lockTimeout,
      maxLifetime: (all['max_lifetime'] as number) ?? defaultSettings.maxLifetime,
      backends: backendsOf(all),
    },
    stateDir: (all['state_dir'] as string) ?? stateDirectory(env),
    serve: 'serve' in all ? { file: 'serve' in near ? nearFile : ownFile!, value: all['serve'] } : null,
    server: all['server'] === 'local' ? null : ((all['server'] as string) ?? null),
    tokenFile: (all['token_file'] as string) ?? null,
  };
}

/** The settings of backends, by kind and key. */
function backendsOf(all: Partial<Record<string, unknown>>): Settings['backends'] {
  const found: Record<string, Record<string, string>> = {};
  for (const { backend, key, id } of ofBackends) {
    if (all[id] !== undefined) found[backend] = { ...found[backend], [key]: all[id] as string };
  }
  return found;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function assertNothingPersonal(content: Record<string, unknown>, file: string): void {
  const key = Object.keys(content).find((one) => keys[one]!.personal);
  if (key === undefined) return;
  throw new MayflyError('settings_invalid', {
    place: { file, path: key },
    cause: "is not taken from a project's file: a repository of somebody else would get your token",
    remedy: `put it into your own settings (docs/settings.md), or set ${keys[key]!.variable}`,
  });
}

function isStateBackend(value: unknown): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const { type, ...config } = value as Record<string, unknown>;
  const isGiven = (one: unknown): boolean =>
    one !== null && typeof one === 'object' ? Object.values(one).every(isGiven) : ['string', 'number', 'boolean'].includes(typeof one);
  return (stateBackendTypes as readonly unknown[]).includes(type) && isGiven(config);
}

function stateBackendOf(value: unknown): Settings['stateBackend'] {
  if (value === undefined) return null;
  const { type, ...config } = value as { type: StateBackend['type'] } & StateBackend['config'];
  return { type, config };
}

function nearest(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, fileName);
    if (exists(path) || dirname(folder) === folder) return path;
  }
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  if (!exists(path)) return {};
  const { readConfigFile } = await import('./config-file.js');
  const content = readConfigFile(path);
  for (const [key, value] of Object.entries(content)) {
    if (!Object.hasOwn(keys, key)) {
      throw new MayflyError('settings_invalid', {
        place: { file: path, path: key },
        cause: 'is not a setting',
        remedy: `use ${Object.keys(keys).join(', ')}`,
      });
    }
    checked(key, value, key, path);
  }
  return content;
}

function checked(key: string, value: unknown, path: string, file?: string): unknown {
  const { expects, secret, valid } = keys[key]!;
  if (valid(value)) return value;
  throw new MayflyError('settings_invalid', {
    place: { ...(file && { file }), path },
    cause: `must be ${expects}${secret ? '' : `, got ${Number.isNaN(value) ? 'no number' : JSON.stringify(value)}`}`,
    remedy: 'correct it, or omit it',
  });
}

function scalar(text: string | undefined): unknown {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Whether a path exists. A path in a directory that this user may not enter counts as missing. */
function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type StateBackend, stateBackendTypes } from '../apply/terraform/state-backend.js';
import { MayflyError } from '../errors.js';
import { applierNames } from '../plan/plan.js';
import { backendNames } from '../spec/worker-spec.js';
import { configDirectory, stateDirectory } from './places.js';
import { defaultSettings, type Settings } from '../worker/settings.js';

const fileName = 'mayfly.config.yaml';

export interface Found {
  settings: Settings;
  stateDir: string;
}

export interface Flags {
  backend?: string | undefined;
  applier?: string | undefined;
  parallelism?: number | undefined;
  lockTimeout?: number | undefined;
}

type Environment = Record<string, string | undefined>;
type Key =
  | 'backend'
  | 'applier'
  | 'state_backend'
  | 'parallelism'
  | 'lock_timeout'
  | 'max_lifetime'
  | 'state_dir'
  | 'aws_region'
  | 'aws_cluster'
  | 'aws_subnets';

const region = /^[a-z]{2}(-[a-z]+)+-\d$/;
const cluster = /^[A-Za-z0-9_-]{1,255}$/;
const subnets = /^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*$/;

/** What each setting must be, its flag aside: key of the file, variable of the environment, and its check. */
const keys: Record<Key, { variable?: string; expects: string; secret?: true; valid(value: unknown): boolean }> = {
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
  // In a file alone, where a mapping can be written; secrets are better in the variables that the CLIs read themselves.
  state_backend: {
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
  aws_region: {
    variable: 'MAYFLY_AWS_REGION',
    expects: 'a region such as eu-west-1',
    valid: (value) => typeof value === 'string' && region.test(value),
  },
  aws_cluster: {
    variable: 'MAYFLY_AWS_CLUSTER',
    expects: 'the name of an ECS cluster',
    valid: (value) => typeof value === 'string' && cluster.test(value),
  },
  aws_subnets: {
    variable: 'MAYFLY_AWS_SUBNETS',
    expects: 'ids of subnets, comma-separated',
    valid: (value) => typeof value === 'string' && subnets.test(value),
  },
  state_dir: { variable: 'MAYFLY_STATE_DIR', expects: 'a path', valid: (value) => typeof value === 'string' && value !== '' },
};

/** Flags win over `MAYFLY_*`, those over `mayfly.config.yaml` up the folders, that over the user's own. */
export async function findSettings(cwd: string, env: Environment, flags: Flags): Promise<Found> {
  const config = configDirectory(env);
  const own = config === null ? {} : await readConfig(join(config, fileName));
  const near = await readConfig(nearest(cwd));
  const variables = Object.fromEntries(
    Object.entries(keys).flatMap(([key, { variable }]) =>
      variable && env[variable] ? [[key, checked(key as Key, scalar(env[variable]), variable)]] : [],
    ),
  );
  const flagged = { backend: flags.backend, applier: flags.applier, parallelism: flags.parallelism, lock_timeout: flags.lockTimeout };
  const given = Object.fromEntries(
    Object.entries(flagged).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, checked(key as Key, value, `--${key.replace('_', '-')}`)]],
    ),
  );
  const all = { ...own, ...near, ...variables, ...given } as Partial<Record<Key, unknown>>;
  return {
    settings: {
      backend: (all.backend as Settings['backend']) ?? defaultSettings.backend,
      applier: (all.applier as Settings['applier']) ?? defaultSettings.applier,
      stateBackend: stateBackendOf(all.state_backend),
      parallelism: (all.parallelism as number) ?? defaultSettings.parallelism,
      lockTimeout: (all.lock_timeout as number) ?? defaultSettings.lockTimeout,
      maxLifetime: (all.max_lifetime as number) ?? defaultSettings.maxLifetime,
      aws: awsOf(all),
    },
    stateDir: (all.state_dir as string) ?? stateDirectory(env),
  };
}

/** Whether AWS is meant at all is told by any of its settings. */
function awsOf(all: Partial<Record<Key, unknown>>): Settings['aws'] {
  const { aws_region, aws_cluster, aws_subnets } = all as Partial<Record<Key, string>>;
  if (aws_region === undefined && aws_cluster === undefined && aws_subnets === undefined) return null;
  return { region: aws_region ?? null, cluster: aws_cluster ?? null, subnets: aws_subnets?.split(',') ?? [] };
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

async function readConfig(path: string): Promise<Partial<Record<Key, unknown>>> {
  if (!exists(path)) return {};
  const { readConfigFile } = await import('./config-file.js');
  const content = readConfigFile(path);
  for (const [key, value] of Object.entries(content)) {
    if (!Object.hasOwn(keys, key)) {
      throw new MayflyError('settings_invalid', {
        place: { file: path, path: key },
        cause: 'is no setting',
        remedy: `use ${Object.keys(keys).join(', ')}`,
      });
    }
    checked(key as Key, value, key, path);
  }
  return content;
}

function checked(key: Key, value: unknown, path: string, file?: string): unknown {
  const { expects, secret, valid } = keys[key];
  if (valid(value)) return value;
  throw new MayflyError('settings_invalid', {
    place: { ...(file && { file }), path },
    cause: `must be ${expects}${secret ? '' : `, got ${Number.isNaN(value) ? 'no number' : JSON.stringify(value)}`}`,
    remedy: 'mend it or leave it out',
  });
}

function scalar(text: string | undefined): unknown {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Nothing that concerns this user is below a directory that this user may not enter. */
function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

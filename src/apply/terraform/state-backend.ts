import type { Stack } from '../../plan/stack.js';

export const stateBackendTypes = ['s3', 'pg', 'http', 'gcs'] as const;
type StateBackendType = (typeof stateBackendTypes)[number];

/** As the CLIs' own configuration has them: `assume_role` and `endpoints` of s3 are mappings. */
type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** Where the CLIs keep their states instead of the workers' directories: the settings' `state_backend`, its `type` taken out. */
export interface StateBackend {
  type: StateBackendType;
  config: Record<string, Value>;
}

type Config = StateBackend['config'];

/** Says which state is which worker's, below what the settings name. */
const perWorker: Record<StateBackendType, (config: Config, worker: string) => Config> = {
  s3: ({ key = 'mayfly' }, worker) => ({ key: `${text(key)}/${worker}.tfstate` }),
  gcs: ({ prefix = 'mayfly' }, worker) => ({ prefix: `${text(prefix)}/${worker}` }),
  pg: ({ schema_name = 'mayfly' }, worker) => ({ schema_name: `${text(schema_name)}_${worker.replaceAll(/[/-]/g, '_')}` }),
  http: (config, worker) =>
    Object.fromEntries(
      ['address', 'lock_address', 'unlock_address']
        .filter((key) => config[key] !== undefined)
        .map((key) => [key, `${text(config[key]!).replace(/\/+$/, '')}/${worker}`]),
    ),
};

/**
 * Keys whose values, and all below them, are secret: https://developer.hashicorp.com/terraform/language/backend, and `headers` of
 * https://opentofu.org/docs/language/settings/backends/http. Keys of a KMS are names.
 */
const secretKeys: Record<StateBackendType, readonly string[]> = {
  s3: ['access_key', 'secret_key', 'token', 'sse_customer_key', 'web_identity_token', 'external_id'],
  gcs: ['credentials', 'access_token', 'encryption_key'],
  pg: ['conn_str'],
  http: ['password', 'client_private_key_pem', 'headers'],
};

function text(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The backend's configuration for one worker, as `init -backend-config` reads it. */
export function configFor({ type, config }: StateBackend, backend: string, worker: string): Config {
  return { ...config, ...perWorker[type](config, `${backend}/${worker}`) };
}

/** The stack with that backend. Its configuration stays out: stacks are printed and saved, and it may hold secrets. */
export function withStateBackend(stack: Stack, { type }: StateBackend): Stack {
  return { ...stack, terraform: { ...stack.terraform, backend: { [type]: {} } } };
}

/** All that must not be said: the values of secret keys, and passwords within URLs and connection strings. */
export function secretsOf({ type, config }: StateBackend): string[] {
  const secrets = leavesOf(config).flatMap(([path, value]) => {
    const own = path.some((key) => secretKeys[type].includes(key)) ? [value, ...longLines(value)] : [];
    return [...own, ...passwordsIn(value).flatMap(spellings)];
  });
  // The longest first: one may be a part of another.
  return [...new Set(secrets)].filter((one) => one !== '').sort((a, b) => b.length - a.length);
}

/** All values that aren't made of others, each with the keys that lead to it. */
function leavesOf(value: Value, path: readonly string[] = []): [path: readonly string[], value: string][] {
  if (Array.isArray(value)) return value.flatMap((one) => leavesOf(one, path));
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]));
  return typeof value === 'boolean' ? [] : [[path, String(value)]];
}

/** Errors are told line by line; a brace of its own line is in every JSON. */
function longLines(value: string): string[] {
  const lines = value.split('\n').map((line) => line.trim());
  return lines.length > 1 ? lines.filter((line) => line.length >= 8) : [];
}

/** Of `scheme://user:password@host`, and of `password=…` in a query or in libpq's words, where quotes and backslashes are its own. */
function passwordsIn(value: string): string[] {
  const [, inUrl] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:]*:([^/?#]*)@/i.exec(value) ?? [];
  const named = [...value.matchAll(/password\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&]+))/gi)];
  return [...(inUrl ? [inUrl] : []), ...named.map(([, quoted, bare = '']) => quoted?.replace(/\\(.)/g, '$1') ?? bare)];
}

/** As it is written, decoded as far as it can be, and encoded anew. */
function spellings(password: string): string[] {
  const decoded = password.replace(/(?:%[0-9a-f]{2})+/gi, (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      // Bytes that are no text: they stand for themselves.
      return part;
    }
  });
  return [password, decoded, encodeURIComponent(decoded)];
}

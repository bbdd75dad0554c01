import type { Stack } from '../../plan/stack.js';

export const stateBackendTypes = ['s3', 'pg', 'http', 'gcs'] as const;
type StateBackendType = (typeof stateBackendTypes)[number];

/** Values of the CLIs' own configuration. Some are mappings: `assume_role` and `endpoints` of s3. */
type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** Place of the CLIs' states outside the workers' directories: `state_backend` in the settings. `config` holds its keys without `type`. */
export interface StateBackend {
  type: StateBackendType;
  config: Record<string, Value>;
}

type Config = StateBackend['config'];

/** Keys that give each worker its own state, below the place in the settings. */
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
 * Keys with secret values: https://developer.hashicorp.com/terraform/language/backend, and `headers` of
 * https://opentofu.org/docs/language/settings/backends/http. All values below such a key are secret. Keys of a KMS are only names.
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

/** The configuration for one worker, in the form of `init -backend-config`. */
export function configFor({ type, config }: StateBackend, backend: string, worker: string): Config {
  return { ...config, ...perWorker[type](config, `${backend}/${worker}`) };
}

/** The stack with this state backend's type. The backend's configuration is left out: it may hold secrets, and stacks are printed and saved. */
export function withStateBackend(stack: Stack, { type }: StateBackend): Stack {
  return { ...stack, terraform: { ...stack.terraform, backend: { [type]: {} } } };
}

/** All secrets: the values of secret keys, and passwords in URLs and connection strings. The longest first. */
export function secretsOf({ type, config }: StateBackend): string[] {
  const secrets = leavesOf(config).flatMap(([path, value]) => {
    const own = path.some((key) => secretKeys[type].includes(key)) ? [value, ...longLines(value)] : [];
    return [...own, ...passwordsIn(value).flatMap(spellings)];
  });
  // A secret may be a part of a longer one.
  return [...new Set(secrets)].filter((one) => one !== '').sort((a, b) => b.length - a.length);
}

/** All scalar values except booleans, each with the keys of its path. */
function leavesOf(value: Value, path: readonly string[] = []): [path: readonly string[], value: string][] {
  if (Array.isArray(value)) return value.flatMap((one) => leavesOf(one, path));
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]));
  return typeof value === 'boolean' ? [] : [[path, String(value)]];
}

/** Lines of at least 8 characters in a text of several lines: errors show single lines. Shorter lines, such as a brace, are no secret. */
function longLines(value: string): string[] {
  const lines = value.split('\n').map((line) => line.trim());
  return lines.length > 1 ? lines.filter((line) => line.length >= 8) : [];
}

/** Passwords in `scheme://user:password@host`, and in `password=…` of a query or of libpq, which has its own quotes and backslashes. */
function passwordsIn(value: string): string[] {
  const [, inUrl] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#:]*:([^/?#]*)@/i.exec(value) ?? [];
  const named = [...value.matchAll(/password\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&]+))/gi)];
  return [...(inUrl ? [inUrl] : []), ...named.map(([, quoted, bare = '']) => quoted?.replace(/\\(.)/g, '$1') ?? bare)];
}

/** The password as written, URL-decoded as far as possible, and encoded again. */
function spellings(password: string): string[] {
  const decoded = password.replace(/(?:%[0-9a-f]{2})+/gi, (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      // These bytes are no text: keep them encoded.
      return part;
    }
  });
  return [password, decoded, encodeURIComponent(decoded)];
}

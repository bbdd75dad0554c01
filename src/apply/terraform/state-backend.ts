import { MayflyError, type Problem } from '../../errors.js';
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

/** Never secret, so that errors may name them. */
const plain = new Set(['address', 'lock_address', 'unlock_address', 'bucket', 'key', 'prefix', 'region', 'schema_name', 'username']);

/** All that must not be said: values that aren't plain, and passwords within URLs. */
export function secretsOf({ config }: StateBackend): string[] {
  const values = leavesOf(config).flatMap(([key, value]) => {
    if (typeof value !== 'string' || value === '') return [];
    const password = URL.canParse(value) ? new URL(value).password : (/\bpassword=('[^']*'|\S+)/.exec(value)?.[1] ?? '');
    return [...(plain.has(key) ? [] : [value]), ...(password ? [password, decodeURIComponent(password)] : [])];
  });
  // The longest first: one may be a part of another.
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

/** All values that aren't made of others, each with the nearest key above it. */
function leavesOf(value: Value, key = ''): [key: string, value: Value][] {
  if (Array.isArray(value)) return value.flatMap((one) => leavesOf(one, key));
  if (typeof value === 'object') return Object.entries(value).flatMap(([below, one]) => leavesOf(one, below));
  return [[key, value]];
}

/** What work throws, without the secrets that a CLI may have repeated. */
export async function hiding<T>(secrets: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (secrets.length === 0 || !(thrown instanceof MayflyError)) throw thrown;
    const hide = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, '(hidden)'), text);
    const problems = thrown.problems.map((one): Problem => ({ ...one, cause: hide(one.cause) }));
    const { code, place, remedy, log } = thrown;
    throw new MayflyError(code, {
      cause: hide(thrown.message),
      ...(place && { place }),
      ...(remedy && { remedy }),
      problems,
      log: log.map(hide),
    });
  }
}

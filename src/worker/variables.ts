import { createHmac } from 'node:crypto';
import { MayflyError } from '../errors.js';
import type { Stack, Variables } from '../plan/stack.js';
import { registryAuth } from '../backends/shared/registry-auth.js';
import { systemClock } from '../clock.js';
import type { HelperContext } from '../backends/shared/image-registry/credential-helper.js';
import { secondTry, secretKey, tagValue, wallTime } from '../backends/aws/names.js';
import type { Offer } from '../spec/offer.js';
import { type ContainerSpec, engineName, lifetime, type PullSecret, type WorkerSpec } from '../spec/worker-spec.js';

export interface VariableSource {
  spec: WorkerSpec;
  /** Of an earlier apply, or of the running worker. */
  kept: Variables;
  /** Something of the worker is there: its address and who made it are its own. */
  living: boolean;
  /** When the worker ends by its lease; `null` as long as it has none. Milliseconds since the epoch. */
  ends: number | null;
  /** Says who asks, where a cloud knows it. */
  offer: Pick<Offer, 'facts'>;
  /** Milliseconds since the epoch, by the backend's clock. */
  now: number;
  newId(): string;
  /** How pull secrets are read; by default in the process's environment. */
  registries?: HelperContext;
  /** Where its spec came from; empty: from no file. */
  origin: string;
}

/** The values of a stack's variables: what the spec gives wins, then what was kept; the rest is drawn. */
export async function variablesOf(stack: Stack, source: VariableSource): Promise<Variables> {
  const { spec, kept, living, ends, offer, now, newId, origin, registries = { env: process.env, clock: systemClock } } = source;
  const own = living ? kept : {};
  // Of a first apply, and then the lease's: a schedule that is made again is set to it.
  const end = (name: string, after: number) =>
    ends === null ? (own[name] ?? wallTime(now + (lifetime(spec) + after) * 1000)) : wallTime(ends + after * 1000);
  const drawn: Record<string, () => string> = {
    self_key: () => spec.self_key ?? kept['self_key'] ?? newId(),
    group_id: () => spec.group_id ?? kept['group_id'] ?? newId(),
    ends_at: () => end('ends_at', 0),
    ends_again_at: () => end('ends_again_at', secondTry),
    owner: () => own['owner'] ?? tagValue(offer.facts.aws?.owner ?? ''),
    origin: () => origin,
    // Known once the worker is ready.
    address: () => own['address'] ?? '',
  };
  const names = Object.keys(stack.variable ?? {});
  const values: Variables = {};
  for (const name of names) {
    if (!isSecretOf(name)) values[name] = drawn[name]?.() ?? kept[name] ?? newId();
  }
  const secrets: Variables = {};
  if (names.includes('secret_env')) secrets['secret_env'] = JSON.stringify(secretValues(spec, values));
  for (const name of names.filter((one) => one.startsWith(pullPrefix))) {
    const container = containerOf(spec, name.slice(pullPrefix.length));
    secrets[name] = await passwordOf(container, registries);
  }
  return { ...values, ...secrets, ...(names.includes('secrets_version') && { secrets_version: versionOf(secrets, values) }) };
}

function partsOf(spec: WorkerSpec): Pick<ContainerSpec, 'name' | 'image' | 'env' | 'secret_env' | 'pull_secret'>[] {
  return [...(spec.engine ? [{ name: engineName, ...spec.engine }] : []), ...spec.containers, ...spec.service_containers];
}

function containerOf(spec: WorkerSpec, wanted: string) {
  const found = partsOf(spec).find(({ name }) => name === wanted);
  if (found?.pull_secret) return found;
  throw new MayflyError('stack_invalid', { cause: `the stack has credentials for ${wanted}, and the spec none` });
}

/** ECS takes a user name and a password, and no token. */
async function passwordOf(
  { image, pull_secret }: { image: string | null; pull_secret: PullSecret | null },
  registries: HelperContext,
): Promise<string> {
  const { username, password, serveraddress } = await registryAuth(pull_secret!, image ?? '', registries);
  if (username !== undefined && password !== undefined) return JSON.stringify({ username, password });
  throw new MayflyError('image_unavailable', {
    place: { path: 'pull_secret' },
    cause: `ECS needs a user name and a password for ${serveraddress}, and the pull secret has a token`,
    remedy: 'give it {"username": …, "password": …}',
  });
}

const pullPrefix = 'pull_';

function isSecretOf(name: string): boolean {
  return name === 'secret_env' || name === 'secrets_version' || name.startsWith(pullPrefix);
}

function secretValues(spec: WorkerSpec, { remote_key, self_key }: Variables): Variables {
  const env = partsOf(spec).flatMap(({ name, env: all, secret_env }) => secret_env.map((key) => [secretKey(name, key), all[key] ?? '']));
  return { remote_key: remote_key ?? '', self_key: self_key ?? '', ...Object.fromEntries(env) };
}

/** Changes with the secrets and tells nothing of them to who has not the worker's own key. */
function versionOf(secrets: Variables, { remote_key = '' }: Variables): string {
  const hash = createHmac('sha256', remote_key)
    .update(JSON.stringify(Object.entries(secrets).sort()))
    .digest();
  return String(hash.readUInt32BE(0) >>> 1);
}

import { createHmac } from 'node:crypto';
import { MayflyError } from '../../errors.js';
import type { Variables } from '../../plan/stack.js';
import { type ContainerSpec, engineName, lifetime, type PullSecret, type WorkerSpec, everyContainer } from '../../spec/worker-spec.js';
import type { RegistryContext, VariableSource } from '../ports/making.js';
import { registryAuth } from '../shared/registry-auth.js';
import { awsFacts, secondTry, secretKey, tagValue, wallTime } from './names.js';

/** Implements `Making.ownVariables`: times of the schedules, the owner's tag, and secrets. Secrets are stored in no file and no state. */
export async function ownVariables(names: readonly string[], source: VariableSource, drawn: Variables): Promise<Variables> {
  const { spec, kept, living, ends, offer, now, registries } = source;
  const own = living ? kept : {};
  // The end of the lease; before the first lease, the latest end without one. A recreated schedule uses it too.
  const fence = drawn['until'] ? Number(drawn['until']) * 1000 : now + lifetime(spec) * 1000;
  const end = (name: string, after: number) =>
    ends === null ? (own[name] ?? wallTime(fence + after * 1000)) : wallTime(ends + after * 1000);
  const values: Variables = {
    ends_at: end('ends_at', 0),
    ends_again_at: end('ends_again_at', secondTry),
    owner: own['owner'] ?? tagValue(awsFacts(offer).owner),
    // EventBridge Scheduler refuses a tag with an empty value.
    until: drawn['until'] || 'none',
    dispatcher: drawn['dispatcher'] || 'none',
  };
  const secrets: Variables = names.includes('secret_env') ? { secret_env: JSON.stringify(secretValues(spec, drawn)) } : {};
  for (const name of names.filter((one) => one.startsWith(pullPrefix))) {
    secrets[name] = await passwordOf(containerOf(spec, name.slice(pullPrefix.length)), registries);
  }
  const all = { ...values, ...secrets, secrets_version: versionOf(secrets, drawn) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

const pullPrefix = 'pull_';

function partsOf(spec: WorkerSpec): Pick<ContainerSpec, 'name' | 'image' | 'env' | 'secret_env' | 'pull_secret'>[] {
  return [...(spec.engine ? [{ name: engineName, ...spec.engine }] : []), ...everyContainer(spec)];
}

function containerOf(spec: WorkerSpec, wanted: string) {
  const found = partsOf(spec).find(({ name }) => name === wanted);
  if (found?.pull_secret) return found;
  throw new MayflyError('stack_invalid', { cause: `the stack has credentials for ${wanted}, but the spec has none` });
}

/** Credentials for ECS, which accepts a user name and a password, but no token. */
async function passwordOf(
  { image, pull_secret }: { image: string | null; pull_secret: PullSecret | null },
  registries: RegistryContext,
): Promise<string> {
  const { username, password, serveraddress } = await registryAuth(pull_secret!, image ?? '', registries);
  if (username !== undefined && password !== undefined) return JSON.stringify({ username, password });
  throw new MayflyError('image_unavailable', {
    place: { path: 'pull_secret' },
    cause: `ECS needs a user name and a password for ${serveraddress}, and the pull secret has a token`,
    remedy: 'give it {"username": …, "password": …}',
  });
}

function secretValues(spec: WorkerSpec, { remote_key, self_key }: Variables): Variables {
  const env = partsOf(spec).flatMap(({ name, env: all, secret_env }) => secret_env.map((key) => [secretKey(name, key), all[key] ?? '']));
  return { remote_key: remote_key ?? '', self_key: self_key ?? '', ...Object.fromEntries(env) };
}

/** A number that changes with the secrets. Without the worker's own key it reveals nothing about them. */
function versionOf(secrets: Variables, { remote_key = '' }: Variables): string {
  const hash = createHmac('sha256', remote_key)
    .update(JSON.stringify(Object.entries(secrets).sort()))
    .digest();
  return String(hash.readUInt32BE(0) >>> 1);
}

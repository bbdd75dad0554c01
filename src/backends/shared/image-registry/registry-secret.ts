import * as z from 'zod/mini';
import { isKeyOf, keyOf } from './registry-name.js';

/** Credentials for a daemon, in the form of its API. */
export interface Credentials {
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** Where a registry's credentials are: in the secret itself, or with a program that is asked for a key. */
export type Source = { credentials: Credentials } | { helper: string; key: string };

const text = z.optional(z.string());
const entry = z.object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text });
const secret = z.object({
  ...entry.shape,
  serveraddress: text,
  auths: z.optional(z.record(z.string(), entry)),
  credHelpers: z.optional(z.record(z.string(), z.string())),
  credsStore: text,
});

export type RegistrySecret = z.infer<typeof secret>;

/** Parses a secret's text. @throws Error that describes the mistake and contains nothing of the secret */
export function parseSecret(json: string): RegistrySecret {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error('it is not JSON');
  }
  const { success, data, error } = secret.safeParse(value);
  if (success) return data;
  const path = error.issues[0]?.path.join('.') ?? '';
  throw new Error(path === '' ? 'it is not a JSON object' : `${path} has another form`);
}

/**
 * A registry's own credentials, by the docker CLI's rules: a helper of this registry, else the store of all, else the entry of this
 * registry. `{username, password}` at the top is for the image that it is given for, unless `serveraddress` names another registry.
 *
 * @returns `null` when there are none for it
 * @throws Error that describes the mistake and contains nothing of the secret
 */
export function sourceFor(secret: RegistrySecret, registry: string): Source | null {
  const own = <T>(map: Record<string, T> = {}): T | undefined =>
    Object.entries(map).find(([key]) => key === keyOf(registry))?.[1] ?? Object.entries(map).find(([key]) => isKeyOf(key, registry))?.[1];
  const helper = own(secret.credHelpers) ?? secret.credsStore;
  if (helper) return { helper, key: keyOf(registry) };
  const found = credentialsOf(own(secret.auths) ?? {}, registry);
  if (found) return { credentials: found };
  const { serveraddress } = secret;
  const top = serveraddress === undefined || isKeyOf(serveraddress, registry) ? credentialsOf(secret, registry) : null;
  return top && { credentials: top };
}

function credentialsOf({ auth, ...given }: z.infer<typeof entry>, registry: string): Credentials | null {
  const names = ['username', 'password', 'identitytoken', 'registrytoken'] as const;
  const all = { ...given, ...(auth && decoded(auth, registry)) };
  const credentials = Object.fromEntries(names.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
  return Object.keys(credentials).length > 0 ? credentials : null;
}

function decoded(auth: string, registry: string): Credentials {
  const [, username, password] = /^([^:]+):([^]*?)\0*$/.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [];
  if (username !== undefined) return { username, password: password! };
  throw new Error(`the entry of ${registry} has an auth that is not USER:PASSWORD in base64`);
}

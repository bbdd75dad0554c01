import { createHmac } from 'node:crypto';
import { MayflyError } from '../../errors.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { TaskInput } from '../tasks/deliver.js';
import { type Env, joinEnv, joinSecrets, ofSpec, splitEnv, splitSecrets, type SpecSecrets } from '../outside/secrets.js';
import type { StoreKey } from './key.js';
import { open, seal } from './seal.js';

/** Keeps the secrets of runs' specs apart, and encrypted. */
export interface Vault {
  /** Splits a spec, and the variables of a command. `sealed(run)`: their secrets for the store; `null`: they have none. */
  split(spec: WorkerSpec, env?: Env): { shown: WorkerSpec; shownEnv: Env; sealed(run: string): Uint8Array | null };
  /** The secrets of a run. `null`: it has none. @throws MayflyError `state_unreadable` with another key */
  secrets(run: string, sealed: Uint8Array | null): SpecSecrets;
  /** The whole spec of a run. @throws MayflyError `state_unreadable` with another key, and without the secrets that the spec has */
  join(run: string, shown: WorkerSpec, sealed: Uint8Array | null): WorkerSpec;
  /** Encrypts variables and input of a task. */
  sealTask(task: string, given: TaskInput): Uint8Array;
  /** The inverse; `null`: it has none. @throws MayflyError `state_unreadable` with another key */
  openTask(task: string, sealed: Uint8Array | null): TaskInput;
  /** The variables of a run's command with their values. @throws MayflyError as `join` */
  joinEnv(run: string, shown: Env, sealed: Uint8Array | null): Env;
  /** A digest of a text that may hold secrets. Nobody without the key can try texts until one has the same digest. */
  digest(text: string): string;
}

export function openVault(key: StoreKey, random: (bytes: number) => Uint8Array): Vault {
  const secretsOf = (run: string, sealed: Uint8Array | null) =>
    sealed === null ? {} : (JSON.parse(open(sealed, run, key)) as SpecSecrets);
  return {
    split(spec, env = {}) {
      const { shown, secrets: own } = splitSecrets(spec);
      const { shownEnv, secrets: variables } = splitEnv(env);
      const secrets = { ...own, ...variables };
      const hasNone = Object.keys(secrets).length === 0;
      return { shown, shownEnv, sealed: (run) => (hasNone ? null : seal(JSON.stringify(secrets), run, key, random)) };
    },
    secrets: secretsOf,
    join(run, shown, sealed) {
      if (sealed === null && Object.keys(splitSecrets(shown).secrets).length > 0) throw secretsLost(run);
      return joinSecrets({ shown, secrets: ofSpec(secretsOf(run, sealed)) });
    },
    joinEnv(run, shown, sealed) {
      if (sealed === null && Object.keys(shown).length > 0) throw secretsLost(run);
      return joinEnv(shown, secretsOf(run, sealed));
    },
    sealTask: (task, given) => seal(JSON.stringify(given), task, key, random),
    openTask: (task, sealed) => (sealed === null ? { env: {}, input: null } : (JSON.parse(open(sealed, task, key)) as TaskInput)),
    digest: (text) => createHmac('sha256', key.bytes).update('mayfly request').update(text).digest('hex'),
  };
}

function secretsLost(run: string): MayflyError {
  return new MayflyError('state_unreadable', {
    place: { path: `run ${run}` },
    cause: 'its secrets are not in the database',
    remedy: 'cancel the run and submit it again',
  });
}

import { readFileSync } from 'node:fs';
import { MayflyError } from '../../errors.js';
import { toSpecFile } from '../../spec/to-file.js';
import type { PullSecret, WorkerSpec } from '../../spec/worker-spec.js';

/** The spec as a server takes it, with this machine's variables, files and credentials in it. */
export function portable(spec: WorkerSpec, backend: string | undefined): Record<string, unknown> {
  return toSpecFile({ ...spec, ...(backend !== undefined && { backend }) }, readSecret);
}

/** @throws MayflyError `spec_invalid` */
function readSecret(secret: PullSecret): string {
  if (secret.from === 'inline') return secret.json;
  const text = secret.from === 'env' ? process.env[secret.name] : readFileSync(secret.path, 'utf8');
  if (text) return text;
  const cause = secret.from === 'env' ? `the variable ${secret.name} is not set` : `${secret.path} is empty`;
  throw new MayflyError('spec_invalid', { place: { path: 'pull_secret' }, cause, remedy: 'it needs the credentials as JSON' });
}

/** @throws MayflyError `usage` for an option that a server cannot obey */
export function assertNone(args: Readonly<Record<string, unknown>>, options: Readonly<Record<string, string>>): void {
  const given = Object.keys(options).find((key) => args[key] !== undefined && args[key] !== false);
  if (given === undefined) return;
  const cause = `--${options[given]} cannot be used with a server`;
  throw new MayflyError('usage', { cause, remedy: 'leave it out, or give --server local to use this machine' });
}

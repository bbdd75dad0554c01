import { resolve } from 'node:path';
import type { PullSecret } from './worker-spec.js';

/** Parses a `pull_secret`. Returns `none` for an empty text or a request's `{}`, and `undefined` for an invalid text. */
export function readPullSecret(text: string): PullSecret | 'none' | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'null') return 'none';
  if (trimmed.startsWith('env:')) {
    const name = trimmed.slice('env:'.length);
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? { from: 'env', name } : undefined;
  }
  if (trimmed.startsWith('file:')) {
    const path = trimmed.slice('file:'.length);
    return path === '' || path.includes('\0') ? undefined : { from: 'file', path };
  }
  if (!trimmed.startsWith('{')) return undefined;
  try {
    const empty = Object.keys(JSON.parse(trimmed) as object).length === 0;
    return empty ? 'none' : { from: 'inline', json: trimmed };
  } catch {
    // The parser's message quotes the text, which is a secret.
    return undefined;
  }
}

/** Makes a file's path absolute: it is relative to the spec file's directory. */
export function anchored(secret: PullSecret | null, directory: string): PullSecret | null {
  return secret?.from === 'file' ? { from: 'file', path: resolve(directory, secret.path) } : secret;
}

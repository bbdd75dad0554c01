import { createHash } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { MayflyError } from '../../errors.js';
import { isCode, storageError } from '../../state/atomic-file.js';
import { openPrivate } from '../../state/private-path.js';

/** The key that encrypts the secrets of runs. */
export interface StoreKey {
  /** 32 bytes. */
  bytes: Uint8Array;
  /** 4 bytes of a digest of the key, which are stored beside each sealed value. They reveal nothing of the key. */
  id: Uint8Array;
}

/** The setting that holds the key in place of a file. */
export const keyVariable = 'MAYFLY_STORE_KEY';

const length = 32;

export interface KeySource {
  env: Readonly<Record<string, string | undefined>>;
  /** The key's file, beside the database. It is made if it does not exist and the variable is not set. */
  file: string;
  /** Returns as many random bytes. */
  random(bytes: number): Uint8Array;
}

/**
 * Returns the key in MAYFLY_STORE_KEY, else that in the file.
 *
 * @throws MayflyError `settings_invalid`: the variable holds no key; `state_unreadable`: the file holds none, or others can reach it
 */
export function findStoreKey({ env, file, random }: KeySource): StoreKey {
  const text = env[keyVariable];
  if (text !== undefined) {
    const bytes = bytesOf(text.trim());
    if (bytes) return keyOf(bytes);
    // The value is not shown, because it may be a key with a mistake.
    const cause = 'must be 32 bytes as 64 hexadecimal digits or in base64';
    throw new MayflyError('settings_invalid', {
      place: { path: keyVariable },
      cause,
      remedy: 'set it to the output of `openssl rand -hex 32`',
    });
  }
  try {
    return readKey(file) ?? makeKey(file, random);
  } catch (error) {
    throw storageError(file, error);
  }
}

function keyOf(bytes: Uint8Array): StoreKey {
  return { bytes, id: createHash('sha256').update('mayfly store key').update(bytes).digest().subarray(0, 4) };
}

/** `null` if the text is neither 64 hexadecimal digits nor the base64 of 32 bytes. */
function bytesOf(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : null;
}

/** `null` if the file does not exist. */
function readKey(path: string): StoreKey | null {
  let file: number;
  try {
    file = openPrivate(path, constants.O_RDONLY);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    const mode = fstatSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      const cause = `is open to other users (mode 0${mode.toString(8)}), so its key may be known to them`;
      throw unusable(path, cause, `run chmod 600 ${path}; if others may have read it, see docs/serve.md for a new key`);
    }
    const bytes = bytesOf(readFileSync(file, 'utf8').trim());
    if (bytes) return keyOf(bytes);
    throw unusable(
      path,
      'holds no key',
      'restore it from a backup; without it, the secrets of waiting runs are lost: remove it to get a new key',
    );
  } finally {
    closeSync(file);
  }
}

/** Makes the file with all of its content or not at all, and never over another one. */
function makeKey(path: string, random: KeySource['random']): StoreKey {
  const bytes = random(length);
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    // Regardless of the umask.
    fchmodSync(file, 0o600);
    writeSync(file, `${Buffer.from(bytes).toString('hex')}\n`);
    fsyncSync(file);
    linkSync(temporary, path);
  } finally {
    closeSync(file);
    rmSync(temporary);
  }
  return keyOf(bytes);
}

function unusable(file: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('state_unreadable', { place: { file }, cause, remedy });
}

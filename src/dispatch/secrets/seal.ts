import { createCipheriv, createDecipheriv } from 'node:crypto';
import { MayflyError } from '../../errors.js';
import { keyVariable, type StoreKey } from './key.js';

/*
 * A sealed value: version (1 byte), key id (4), nonce (12), encrypted text, tag (16). AES-256-GCM authenticates all of it together with the
 * id of the run, so that a value cannot be moved to another run.
 */

const version = 1;
const algorithm = 'aes-256-gcm';
const sizes = { header: 5, nonce: 12, tag: 16 };

/** Encrypts a text for one run. `random` returns as many random bytes: a nonce must never be used twice with a key. */
export function seal(text: string, run: string, key: StoreKey, random: (bytes: number) => Uint8Array): Uint8Array {
  const header = Buffer.from([version, ...key.id]);
  const nonce = random(sizes.nonce);
  const cipher = createCipheriv(algorithm, key.bytes, nonce).setAAD(authenticated(header, run));
  return Buffer.concat([header, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Whether a value was sealed with this key. */
export function isSealedWith(sealed: Uint8Array, key: StoreKey): boolean {
  return Buffer.from(sealed).subarray(1, sizes.header).equals(key.id);
}

/** @throws MayflyError `state_unreadable`: another key, another run, or a changed value */
export function open(sealed: Uint8Array, run: string, key: StoreKey): string {
  const bytes = Buffer.from(sealed);
  const header = bytes.subarray(0, sizes.header);
  const text = sizes.header + sizes.nonce;
  if (bytes.length < text + sizes.tag) throw unusable(run, 'are cut short', restore);
  if (header[0] !== version)
    throw unusable(run, `have the unknown format ${header[0]}`, 'use the version of mayfly that has written them, or a newer one');
  if (!isSealedWith(bytes, key)) {
    const remedy = `start with the ${keyVariable} or the key file that they were encrypted with, or cancel the run and submit it again`;
    throw unusable(run, 'were encrypted with another key', remedy);
  }
  try {
    const decipher = createDecipheriv(algorithm, key.bytes, bytes.subarray(sizes.header, text), { authTagLength: sizes.tag })
      .setAAD(authenticated(header, run))
      .setAuthTag(bytes.subarray(-sizes.tag));
    return decipher.update(bytes.subarray(text, -sizes.tag), undefined, 'utf8') + decipher.final('utf8');
  } catch (error) {
    throw unusable(run, 'were changed, or belong to another run', restore, error);
  }
}

const restore = 'restore the database from a backup, or cancel the run and submit it again';

function authenticated(header: Uint8Array, run: string): Uint8Array {
  return Buffer.concat([header, Buffer.from(run)]);
}

function unusable(run: string, cause: string, remedy: string, error?: unknown): MayflyError {
  return new MayflyError('state_unreadable', { place: { path: `run ${run}` }, cause: `its secrets ${cause}`, remedy, error });
}

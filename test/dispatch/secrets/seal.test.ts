import { expect, test } from 'vitest';
import { findStoreKey } from '../../../src/dispatch/secrets/key.js';
import { open, seal } from '../../../src/dispatch/secrets/seal.js';
import { MayflyError } from '../../../src/errors.js';

const key = findStoreKey({
  env: { MAYFLY_STORE_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' },
  file: '/nowhere',
  random: () => {
    throw new Error('no random bytes are needed');
  },
});
const run = '8f14e45f-ceea-467f-a8a4-6e2f3c1b2d3e';
const text = '{"/engine/env/A":"hé"}';
const nonce = Buffer.from('6465666768696a6b6c6d6e6f', 'hex');

/** Made by another implementation (Python's cryptography) with the key, nonce, run and text above. */
const vector = '01e339e6e06465666768696a6b6c6d6e6f3339f103178e3ff05b4d3a86ac4a2bdf78e06ec9224e8e1cf0bcd1ebc45f5af2fa9a33858c88f6';
const sealed = () => Buffer.from(vector, 'hex');

function refusal(value: Uint8Array, of = run, by = key): string {
  try {
    return open(value, of, by);
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    return `${error.code} ${error.place?.path}: ${error.message}`;
  }
}

test('a text is sealed as version, key id, nonce, encrypted text and tag', () => {
  const sizes: number[] = [];
  const random = (bytes: number) => (sizes.push(bytes), nonce);
  expect(Buffer.from(seal(text, run, key, random)).toString('hex')).toBe(vector);
  expect(sizes).toEqual([12]);
  expect(open(sealed(), run, key)).toBe(text);
  expect(open(seal('', run, key, random), run, key)).toBe('');
});

test('a change of any byte is refused', () => {
  const found = new Set(
    [...sealed().keys()].map((at) => {
      const changed = sealed();
      changed[at]! ^= 1;
      return `${at < 1 ? 'version' : at < 5 ? 'key' : 'rest'} ${refusal(changed)}`;
    }),
  );
  const place = `state_unreadable run ${run}: its secrets`;
  expect([...found]).toEqual([
    `version ${place} have the unknown format 0`,
    `key ${place} were encrypted with another key`,
    `rest ${place} were changed, or belong to another run`,
  ]);
});

test('a value that is cut short or longer is refused', () => {
  for (const length of [0, 1, 5, 17, 32]) expect(refusal(sealed().subarray(0, length))).toContain('are cut short');
  expect(refusal(sealed().subarray(0, 40))).toContain('were changed');
  expect(refusal(Buffer.concat([sealed(), Buffer.from([0])]))).toContain('were changed');
});

test('the value of another run is refused', () => {
  const other = '8f14e45f-ceea-467f-a8a4-6e2f3c1b2d3f';
  expect(refusal(sealed(), other)).toBe(`state_unreadable run ${other}: its secrets were changed, or belong to another run`);
});

test('another key is refused with the remedy, also one with the same id', () => {
  expect(() => open(sealed(), run, { ...key, id: Buffer.from('00000000', 'hex') })).toThrow(
    expect.objectContaining({
      message: 'its secrets were encrypted with another key',
      remedy: 'start with the MAYFLY_STORE_KEY or the key file that they were encrypted with, or cancel the run and submit it again',
    }),
  );
  expect(refusal(sealed(), run, { ...key, bytes: Buffer.alloc(32) })).toContain('were changed');
});

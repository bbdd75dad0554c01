import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findStoreKey } from '../../../src/dispatch/secrets/key.js';
import { MayflyError } from '../../../src/errors.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-key-'));
  file = join(folder, 'store.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const base64 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const drawn = Buffer.from(hex, 'hex');

function find(env: Record<string, string> = {}) {
  return findStoreKey({ env, file, random: (bytes) => drawn.subarray(0, bytes) });
}

function refusal(env: Record<string, string> = {}): string {
  try {
    find(env);
  } catch (error) {
    if (error instanceof MayflyError) return `${error.code} ${error.place?.path ?? error.place?.file}: ${error.message}; ${error.remedy}`;
    throw error;
  }
  throw new Error('expected the key to be refused');
}

test('the key of the variable is read as hexadecimal digits or base64, and no file is made', () => {
  for (const text of [hex, hex.toUpperCase(), base64, ` ${base64}\n`]) {
    const { bytes, id } = find({ MAYFLY_STORE_KEY: text });
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    expect(Buffer.from(id).toString('hex')).toBe('e339e6e0');
  }
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['', 'secret-secret', hex.slice(1), `${hex}0`, base64.slice(1), base64.replace('=', ''), `${hex.slice(2)}zz`])(
  'the variable %j is refused, and not shown',
  (text) => {
    expect(refusal({ MAYFLY_STORE_KEY: text })).toBe(
      'settings_invalid MAYFLY_STORE_KEY: must be 32 bytes as 64 hexadecimal digits or in base64; set it to the output of `openssl rand -hex 32`',
    );
  },
);

test('without the variable a key is made once, 0600 whatever the umask is, and then read', () => {
  const umask = process.umask(0o777);
  try {
    expect(Buffer.from(find().bytes)).toEqual(drawn);
  } finally {
    process.umask(umask);
  }
  expect(readdirSync(folder)).toEqual(['store.key']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toBe(`${hex}\n`);
  const again = findStoreKey({ env: {}, file, random: () => Buffer.alloc(32, 9) });
  expect(Buffer.from(again.bytes)).toEqual(drawn);
});

test('a temporary file of a start that was killed is no obstacle', () => {
  writeFileSync(`${file}.${process.pid}.tmp`, 'half');
  expect(Buffer.from(find().bytes)).toEqual(drawn);
  expect(readdirSync(folder)).toEqual(['store.key']);
});

test.each([0o640, 0o604, 0o620, 0o602, 0o644])('a file that others can reach (%o) is refused', (mode) => {
  writeFileSync(file, hex);
  chmodSync(file, mode);
  expect(refusal()).toBe(
    `state_unreadable ${file}: is open to other users (mode 0${mode.toString(8)}), so its key may be known to them; run chmod 600 ${file}; if others may have read it, see docs/serve.md for a new key`,
  );
});

test.each(['', 'half', hex.slice(2)])('a file with %j is refused, and not replaced', (text) => {
  writeFileSync(file, text, { mode: 0o600 });
  expect(refusal()).toBe(
    `state_unreadable ${file}: holds no key; restore it from a backup; without it, the secrets of waiting runs are lost: remove it to get a new key`,
  );
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a link in place of the file is refused', () => {
  writeFileSync(join(folder, 'other'), hex, { mode: 0o600 });
  symlinkSync(join(folder, 'other'), file);
  expect(refusal()).toContain('is a symbolic link');
});

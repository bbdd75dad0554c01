import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readIfThere, writeAtomic } from '../../src/state/atomic-file.js';
import { tempDir } from '../support/temp-dir.js';

/** The first call of a step that is to fail, with its error. */
const fault = vi.hoisted(() => ({ step: '', code: '' }));
const fail = (step: string) => {
  if (fault.step === step) throw Object.assign(new Error(`${fault.code}: as told`), { code: fault.code });
};

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      fail('open');
      const file = await real.open(...args);
      const { writeFile, sync } = file;
      file.writeFile = async (...content: Parameters<typeof writeFile>) => {
        if (fault.step === 'write') await writeFile.call(file, 'half');
        fail('write');
        await writeFile.apply(file, content);
      };
      file.sync = async () => {
        fail('sync');
        await sync.call(file);
      };
      return file;
    },
    rename: async (...args: Parameters<typeof real.rename>) => {
      fail('rename');
      await real.rename(...args);
    },
  };
});

afterEach(() => Object.assign(fault, { step: '', code: '' }));

describe('a file written atomically', () => {
  test('is whole, 0600, in a directory of 0700 that was not there', async () => {
    const path = join(await tempDir('atomic'), 'a', 'b', 'file');
    await writeAtomic(path, 'content');
    expect(await readIfThere(path)).toBe('content');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  test('replaces what was there, whatever its mode', async () => {
    const path = join(await tempDir('atomic'), 'file');
    writeFileSync(path, 'before');
    chmodSync(path, 0o644);
    await writeAtomic(path, 'after');
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  const cases = ['open', 'write', 'sync', 'rename'].flatMap((step) =>
    ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].map((code) => [step, code] as const),
  );
  test.each(cases)('%s fails with %s: what was there stays, nothing else is left', async (step, code) => {
    const directory = await tempDir('atomic');
    const path = join(directory, 'file');
    writeFileSync(path, 'before');
    Object.assign(fault, { step, code });
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    await expect(writeAtomic(path, 'after')).rejects.toMatchObject({
      code: full ? 'storage_full' : 'state_unreadable',
      place: { file: path },
    });
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('two at once: one of them, whole', async () => {
    const path = join(await tempDir('atomic'), 'file');
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    await Promise.all(texts.map((text) => writeAtomic(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
  });
});

describe('reading', () => {
  test('what is not there is null', async () => {
    const directory = await tempDir('atomic');
    expect(await readIfThere(join(directory, 'none'))).toBeNull();
    writeFileSync(join(directory, 'file'), '');
    expect(await readIfThere(join(directory, 'file', 'below'))).toBeNull();
    expect(await readIfThere(join(directory, 'file'))).toBe('');
  });

  test('what cannot be read is an error with its place', async () => {
    const directory = await tempDir('atomic');
    const path = join(directory, 'loop');
    symlinkSync(path, path);
    await expect(readIfThere(path)).rejects.toMatchObject({ code: 'state_unreadable', place: { file: path } });
    mkdirSync(join(directory, 'folder'));
    await expect(readIfThere(join(directory, 'folder'))).rejects.toMatchObject({ code: 'state_unreadable' });
  });

  test('the fault stands only where it is set', async () => {
    const file = await open(join(await tempDir('atomic'), 'file'), 'w');
    await file.close();
  });
});

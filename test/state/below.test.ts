import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { below } from '../../src/state/below.js';
import { History } from '../../src/state/history.js';
import { StateLayout } from '../../src/state/layout.js';
import { tempDir } from '../support/temp-dir.js';

test('names are joined to their root', () => {
  expect(below('/state', 'workers', 'ci')).toBe('/state/workers/ci');
  expect(below('/state', '.new-engine.1.abc')).toBe('/state/.new-engine.1.abc');
});

test.each(['', '.', '..', '../x', 'a/b', '/etc', 'a\0b'])('%j leads nowhere', (name) => {
  expect(() => below('/state', 'workers', name)).toThrow('is not a valid name for a file below /state');
});

test.each(['', '..', '../../../..', 'A', 'a/b', 'a\n', '\u001b[2J'])(
  '%j is the name of no worker: nothing of it has a path',
  async (name) => {
    const root = await tempDir('state');
    const layout = new StateLayout(root, systemClock);
    const usage = expect.objectContaining({ code: 'usage' }) as Error;
    expect(() => layout.worker('docker', name)).toThrow(usage);
    expect(() => layout.lock('docker', name)).toThrow(usage);
    expect(() => layout.scratch('docker', name)).toThrow(usage);
    await expect(layout.forget('docker', name)).rejects.toEqual(usage);
    const entry = { worker: name, backend: 'docker' as const, endpoint: '', reason: 'expired' as const, endedAt: 1, containers: [] };
    await expect(new History(root, systemClock).add(entry)).rejects.toEqual(usage);
  },
);

import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/dispatch/store/store.js';
import { revisionOf } from '../../../src/tasks/functions/function.js';

const revision = (name: string, one: string, organisation = 'team') =>
  revisionOf({
    ...{ organisation, name, revision: one, container: null, timeout: 1000, memory: null, env: { KEY: 'value' }, createdAt: 1 },
    work: { kind: 'command', command: ['run', one] },
  });

/** The functions of a store, for each database driver. */
export function functionContract(title: string, make: () => Promise<Store>): void {
  describe(title, () => {
    async function open() {
      const store = await make();
      onTestFinished(() => store.close());
      return store.functions;
    }

    test('a revision is read as it was stored, and the first one is the default', async () => {
      const functions = await open();
      const [first, second] = [revision('f', 'v1'), revision('f', 'v2')];
      const sealed = Uint8Array.from([1, 2, 3]);
      expect(await functions.add(first, sealed, 10)).toEqual({ outcome: 'added' });
      expect(await functions.add(second, null, 10)).toEqual({ outcome: 'added' });
      expect(await functions.find('team', 'f')).toEqual({ revision: first, sealed });
      expect(await functions.find('team', 'f', 'v2')).toEqual({ revision: second, sealed: null });
      expect(await functions.find('team', 'f', 'v3')).toBeNull();
      expect(await functions.find('other', 'f')).toBeNull();
      expect(await functions.list('team')).toEqual([first, second]);
    });

    test('a revision is stored once', async () => {
      const functions = await open();
      const first = revision('f', 'v1');
      const both = await Promise.all([functions.add(first, null, 10), functions.add({ ...first, digest: 'other' }, null, 10)]);
      expect(both).toEqual([{ outcome: 'added' }, { outcome: 'existing', existing: first, sealed: null }]);
    });

    test('an organisation has at most as many revisions as its limit', async () => {
      const functions = await open();
      const all = await Promise.all(['v1', 'v2', 'v3'].map((one) => functions.add(revision('f', one), null, 2)));
      expect(all.map(({ outcome }) => outcome)).toEqual(['added', 'added', 'full']);
      expect(await functions.add(revision('f', 'v1', 'other'), null, 2)).toEqual({ outcome: 'added' });
    });

    test('a default is switched, and rolled back to the one before it', async () => {
      const functions = await open();
      for (const one of ['v1', 'v2', 'v3']) await functions.add(revision('f', one), null, 10);
      expect(await functions.rollBack('team', 'f')).toBeNull();
      expect(await functions.switch('team', 'f', 'v2')).toEqual({ name: 'f', revision: 'v2', previous: 'v1' });
      expect(await functions.switch('team', 'f', 'v3')).toEqual({ name: 'f', revision: 'v3', previous: 'v2' });
      expect(await functions.switch('team', 'f', 'v3')).toEqual({ name: 'f', revision: 'v3', previous: 'v2' });
      expect(await functions.switch('team', 'f', 'v4')).toBeNull();
      expect(await functions.rollBack('team', 'f')).toEqual({ name: 'f', revision: 'v2', previous: 'v3' });
      expect(await functions.defaults('team')).toEqual([{ name: 'f', revision: 'v2', previous: 'v3' }]);
    });
  });
}

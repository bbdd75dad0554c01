import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noChanges, planOf, type SpecFile, type Worker } from '../docker/support.js';

export interface ApplierSubject {
  applier: string;
  /** An engine and two containers on a volume. */
  spec: SpecFile;
  worker: Worker;
  /** Removes one container behind the applier's back. */
  remove(container: string): Promise<void>;
}

/** What the use cases rely on in every applier, seen from the command line. */
export function applierContract(title: string, open: () => Promise<ApplierSubject>): void {
  describe(`applier contract: ${title}`, () => {
    const opened = async () => {
      const { applier, spec, worker, remove } = await open();
      return {
        worker,
        spec,
        remove,
        plan: () => planOf(worker, { applier }),
        apply: () => worker.must(['apply', 'SPEC', '--auto-approve', '--applier', applier]),
        save: (path: string) => worker.must(['plan', 'SPEC', '--applier', applier, '--out', path]),
      };
    };

    test('a plan changes nothing, an apply does what it said, and nothing is left to do', async () => {
      const { worker, plan, apply } = await opened();
      const said = await plan();
      expect(said.changes.map((change) => change.split(' ')[0])).toEqual(['create', 'create', 'create', 'create']);
      expect(existsSync(join(worker.machine.stateDir, 'workers'))).toBe(false);
      await apply();
      expect(await plan()).toEqual(noChanges);
      expect(JSON.parse((await worker.must(['output', 'NAME', '--json'])).stdout)).toHaveProperty('access.value.remote_key');
      const files = await readdir(worker.directory);
      await plan();
      expect(await readdir(worker.directory)).toEqual(files);
    });

    test('what is edited, gone or forgotten is put right', async () => {
      const { worker, spec, plan, apply, remove } = await opened();
      await apply();
      await worker.edit({ memory: Number(spec['memory']) + 8 });
      expect(await plan()).toMatchObject({
        changes: ['update docker_container.engine'],
        attributes: { 'docker_container.engine': ['memory', 'memory_swap'] },
      });
      await remove('build');
      expect(await plan()).toMatchObject({ drift: expect.arrayContaining(['gone docker_container.build']) });
      await apply();
      await rm(worker.directory, { recursive: true });
      expect((await plan()).drift.length).toBe(4);
      await apply();
      expect(await plan()).toEqual(noChanges);
    });

    test('a saved plan is carried out once', async () => {
      const { worker, save } = await opened();
      const saved = join(worker.machine.home, 'saved.json');
      await save(saved);
      await worker.must(['apply', saved]);
      expect(await worker.cli(['apply', saved])).toMatchObject({ code: 1, stderr: expect.stringContaining('has changed since') });
    });
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { deadlineOf } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import { StateLayout } from '../../src/state/layout.js';
import { labelsOf, openPlace, run } from '../backends/process/support.js';
import { scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';
import { removeWhole } from '../support/whole.js';

const boundary = 'labels are parsed in one place';
const joined = 'names become paths in one function';

async function place() {
  const made = openPlace();
  afterTest(() => made.close());
  await made.backend.prepare();
  return made;
}

attacks(
  'trust',
  {
    'records of local processes': {
      mechanism: boundary,
      does: "a program writes records whose labels are another object's, malformed, or in a directory that no worker can be called",
      right: 'none of them is listed or removed; the worker beside them is',
      async check() {
        const { root, backend } = await place();
        const layout = new StateLayout(await tempDir('state'), systemClock);
        const record = { format: 'mayfly-process/1', type: 'mayfly_directory', createdAt: 0, configuration: {}, base: {} };
        const own = labelsOf('one', 'mayfly_directory.work');
        const wrong: Record<string, Record<string, string>> = {
          'one/volume.work': { ...own, 'dev.mayfly.address': 'mayfly_directory.other' },
          'one/volume.late': { ...own, 'dev.mayfly.address': 'mayfly_directory.late', 'dev.mayfly.lifetime': '9'.repeat(23) },
          'one/volume.bare': { 'dev.mayfly.worker': 'one', 'dev.mayfly.address': 'mayfly_directory.bare' },
          'One/volume.work': { ...own, 'dev.mayfly.worker': 'One' },
        };
        for (const [id, labels] of Object.entries(wrong)) {
          await mkdir(join(root, id, 'data'), { recursive: true });
          await writeFile(join(root, id, 'record.json'), JSON.stringify({ ...record, id, labels }));
        }
        await run(backend, 'one', 'engine');
        expect((await backend.list()).map(({ id }) => id)).toEqual(['one/engine']);
        await removeWhole(backend, 'one');
        expect(await sweep({ backend, layout, clock: systemClock, dryRun: false, lockTimeout: 0 })).toMatchObject({ workers: [] });
        expect(Object.keys(wrong).filter((id) => !existsSync(join(root, id, 'record.json')))).toEqual([]);
      },
    },
    'leases of local processes': {
      mechanism: 'the cap that a worker was born with',
      does: 'a program writes a lease of ten digits, one of another worker, one with no end, and one that ends in the year 9999',
      right: 'only the last counts, and the worker ends at its cap; the next lease is above it',
      async check() {
        const { root, backend } = await place();
        await run(backend, 'one', 'engine', { labels: { ...labelsOf('one', 'mayfly_process.engine'), 'dev.mayfly.max_lifetime': '900' } });
        const lease = (number: string, labels: Record<string, string>) =>
          writeFile(join(root, 'one', `lease-${number}.json`), JSON.stringify({ format: 'mayfly-lease/1', createdAt: 0, labels }));
        const far = { 'dev.mayfly.worker': 'one', 'dev.mayfly.ends': '253402300799' };
        await lease('9999999999', far);
        await lease('05', far);
        await lease('7', { ...far, 'dev.mayfly.worker': 'two' });
        await lease('8', { ...far, 'dev.mayfly.ends': 'never' });
        const listed = await backend.list('one');
        expect(listed.map(({ id }) => id)).toEqual(['one/engine']);
        await lease('9', far);
        const objects = await backend.list('one');
        expect(deadlineOf(objects)).toEqual({ endsAt: listed[0]!.createdAt + 900_000, from: 'lease' });
        await backend.writeLease('one', { maxDuration: 60 }, 2_000_000_000);
        expect((await backend.list('one')).flatMap(({ lease: found }) => found ?? [])).toEqual([
          { number: 10, ends: 2_000_000_000, maxDuration: 60 },
        ]);
      },
    },
    'a process that says whose it is': {
      mechanism: boundary,
      does: 'a process has the environment of an object, with an address of another, a lifetime of 23 digits, or a name that leads out',
      right: 'it is not listed, and keeps no keeper alive',
      async check() {
        const { root, backend } = await place();
        const good = { MAYFLY_OBJECT: `${root}/one/engine`, MAYFLY_LIFETIME: '600', MAYFLY_ADDRESS: 'mayfly_process.engine' };
        const environments = [
          { ...good, MAYFLY_ADDRESS: 'mayfly_process.other' },
          { ...good, MAYFLY_LIFETIME: '9'.repeat(23) },
          { ...good, MAYFLY_LIFETIME: '' },
          { ...good, MAYFLY_OBJECT: `${root}/../engine` },
          { ...good, MAYFLY_OBJECT: `${root}/one/../../engine` },
        ];
        for (const env of environments) {
          const child = spawn('sleep', ['1000'], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
          afterTest(() => child.kill('SIGKILL'));
          await once(child, 'spawn');
        }
        expect(await backend.list()).toEqual([]);
        const child = spawn('sleep', ['1000'], { env: { PATH: process.env.PATH, ...good }, stdio: 'ignore' });
        afterTest(() => child.kill('SIGKILL'));
        await once(child, 'spawn');
        expect((await backend.list()).map(({ id, labels }) => [id, labels])).toEqual([
          ['one/engine', { worker: 'one', address: 'mayfly_process.engine', lifetime: 600 }],
        ]);
      },
    },
    'names on the command line': {
      mechanism: joined,
      does: 'destroy, show, extend, wait, unlock, exec and logs are given ../../.., an escape sequence or nothing as the worker',
      right: 'each fails with a sentence that holds no escape, and no file goes',
      async check() {
        const one = await scene({ spec: specs.process() });
        const kept = join(one.machine.stateDir, 'workers', 'process', 'bystander');
        await mkdir(kept, { recursive: true, mode: 0o700 });
        await writeFile(join(kept, 'terraform.tfstate'), 'mine', { mode: 0o600 });
        const commands = [['destroy', '--auto-approve'], ['show'], ['unlock', '--force'], ['logs'], ['wait']];
        for (const [index, [command, ...rest]] of commands.entries()) {
          const name = ['../../..', '\u001b[31mx', '..'][index % 3]!;
          const { code, stdout, stderr } = await one.cli([command!, name, ...rest]);
          expect([command, code]).toEqual([command, 1]);
          expect(stdout + stderr).not.toContain('\u001b[31mx');
          expect(stderr).not.toMatch(/bug in mayfly|\n +at /);
        }
        expect(await readFile(join(kept, 'terraform.tfstate'), 'utf8')).toBe('mine');
        expect(await readdir(join(one.machine.stateDir, 'workers', 'process'))).toEqual(['bystander']);
      },
    },
  },
  { unless: process.platform !== 'linux', timeoutMs: 60_000 },
);

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { scene } from '../cli/scene.js';
import { images } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { until } from '../support/poll.js';
import { cliPath } from '../support/run-cli.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

const surroundings = 'who runs it may not be known';

/** In no passwd file. */
const nobody = 54_321;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux' && spawnSync('setpriv', ['--version']).status === 0;

interface Place {
  folder: string;
  spec: string;
  /** Runs the CLI as a user without a name, with these variables and no others. @returns its exit code and what it printed */
  run(args: string[], env: Record<string, string>, cwd?: string): { code: number | null; text: string };
}

/** A copy of the CLI that any user may read, and a spec of local processes. */
async function place(): Promise<Place> {
  const folder = await tempDir('surroundings');
  chmodSync(folder, 0o755);
  cpSync(join(cliPath, '..'), join(folder, 'dist'), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  const spec = join(folder, 'worker.json');
  const engine = { command: ['sleep', '1000'] };
  writeFileSync(spec, JSON.stringify({ name: 'surr', backend: 'process', max_duration: 60, cpu: 50, memory: 32, storage: 10, engine }));
  const own = join(folder, 'own');
  mkdirSync(own);
  chownSync(own, nobody, nobody);
  const user = ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'];
  return {
    folder,
    spec,
    run(args, env, cwd = '/') {
      const command = ['env', '-i', `PATH=${process.env.PATH}`, `MAYFLY_PROCESS_DIR=${own}/processes`];
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const all = [...user, ...command, ...variables, process.execPath, join(folder, 'dist', 'mayfly.cjs'), ...args];
      const { status, stdout, stderr } = spawnSync('setpriv', all, { cwd, encoding: 'utf8', timeout: 60_000 });
      return { code: status, text: stdout + stderr };
    },
  };
}

const mistakes = /^\s+at |bug in mayfly|unexpected:|^node:/m;

attacks(
  'silence',
  {
    'no name and no home': {
      mechanism: surroundings,
      does: 'a user without a passwd entry and without HOME runs commands',
      right: 'one sentence that names MAYFLY_STATE_DIR',
      async check() {
        const { run, spec } = await place();
        for (const args of [['list'], ['plan', spec], ['apply', spec, '--auto-approve'], ['gc']]) {
          const { code, text } = run(args, {});
          expect([args[0], code, text]).toEqual([args[0], 1, expect.stringContaining('set MAYFLY_STATE_DIR')]);
          expect(text).not.toMatch(mistakes);
        }
      },
    },
    'no name, and a state directory': {
      mechanism: surroundings,
      does: 'the same user with MAYFLY_STATE_DIR',
      right: 'a worker is made, listed and destroyed; nothing else is needed',
      async check() {
        const { run, spec, folder } = await place();
        const env = { MAYFLY_STATE_DIR: join(folder, 'own', 'state') };
        expect(run(['apply', spec, '--auto-approve'], env)).toMatchObject({ code: 0 });
        expect(run(['show', 'surr', '--backend', 'process'], env).text).toContain('surr · process · ready');
        expect(run(['destroy', 'surr', '--auto-approve', '--backend', 'process'], env)).toMatchObject({ code: 0 });
      },
    },
    'a home that is no place': {
      mechanism: surroundings,
      does: 'HOME is /dev/null, or may not be entered',
      right: 'what needs no state works, and the rest says which place cannot be written',
      async check() {
        const { run, spec, folder } = await place();
        const closed = join(folder, 'closed');
        mkdirSync(closed, { mode: 0 });
        // A file below a file is not there; whether one is in a closed directory cannot be found out.
        for (const [HOME, planned] of [
          ['/dev/null', 0],
          [closed, 1],
        ] as const) {
          expect(run(['list', '--backend', 'process'], { HOME })).toEqual({ code: 0, text: 'No workers.\n' });
          expect(run(['validate', spec], { HOME })).toMatchObject({ code: 0 });
          for (const [expected, ...args] of [
            [1, 'apply', spec, '--auto-approve'],
            [1, 'unlock', 'surr'],
            [planned, 'plan', spec],
          ] as const) {
            const { code, text } = run(args, { HOME });
            expect([args[0], code, text.includes('MAYFLY_STATE_DIR')]).toEqual([args[0], expected, expected === 1]);
            expect(text).not.toMatch(mistakes);
          }
        }
      },
    },
    'a deleted directory': {
      mechanism: surroundings,
      does: 'the working directory is removed while a shell is in it',
      right: 'commands work, and a relative path is a file that does not exist',
      async check() {
        const { run, spec, folder } = await place();
        const gone = join(folder, 'gone');
        mkdirSync(gone);
        const env = { MAYFLY_STATE_DIR: join(folder, 'own', 'state') };
        const inGone = (args: string[]) => {
          if (!statSync(gone, { throwIfNoEntry: false })) mkdirSync(gone);
          const shell = `cd ${gone} && rmdir ${gone} && exec "$@"`;
          const command = ['-c', shell, '-', process.execPath, join(folder, 'dist', 'mayfly.cjs'), ...args];
          const { status, stdout, stderr } = spawnSync('sh', command, { env: { ...env, PATH: process.env.PATH }, encoding: 'utf8' });
          return { code: status, text: stdout + stderr };
        };
        expect(inGone(['validate', spec])).toMatchObject({ code: 0, text: expect.stringContaining('valid (surr)') as string });
        const missing = inGone(['plan', 'no-such-worker.yaml']);
        expect(missing).toMatchObject({ code: 1, text: expect.stringContaining('no-such-worker.yaml: does not exist') as string });
        expect(missing.text).not.toMatch(mistakes);
        expect(run(['list', '--backend', 'process'], env)).toMatchObject({ code: 0 });
      },
    },
    'a full disk': {
      mechanism: 'ends without a lock',
      does: 'the state directory is full to the last byte: one worker expires, another is destroyed by name',
      right: 'the keeper ends the first in time; destroy ends the second',
      async check() {
        const fake = await startFakeDocker({ images: [images.busybox] });
        const size = { cpu: 50, memory: 16, storage: 10 };
        const engine = { image: images.busybox, command: ['sleep', '1000'] };
        const spec = (max_duration: number) => ({ backend: 'docker', max_duration, ...size, engine });
        const full = await tempDir('full');
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'mayfly-test', full]);
        const one = await scene({
          docker: fake,
          spec: spec(3),
          env: { MAYFLY_STATE_DIR: full },
        });
        afterTest(async () => {
          writeFileSync(join(full, 'filler'), '');
          await until('the keeper has gone', () => spawnSync('umount', [full]).status === 0, { withinMs: 20_000, everyMs: 200 });
          await one.close();
        });
        await one.must(['apply', 'SPEC', '--auto-approve']);
        const other = `${one.name}-b`;
        await one.write(spec(300));
        await one.must(['apply', 'SPEC', '--auto-approve', '--name', other]);
        spawnSync('dd', ['if=/dev/zero', `of=${full}/filler`, 'bs=1']);
        const left = () => [...fake.state.containers.values()].map(({ name }) => name);
        await until('the keeper has ended it', () => !left().includes(`mayfly-${one.name}.engine`), { withinMs: 20_000 });
        await one.must(['destroy', other, '--auto-approve']);
        expect(left()).toEqual([]);
      },
    },
  },
  { unless: !isRoot, timeoutMs: 120_000 },
);

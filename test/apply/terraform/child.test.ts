import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { runChild } from '../../../src/apply/terraform/child.js';
import { until } from '../../support/poll.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { isAlive } from '../../support/processes.js';
import { never } from './support.js';

const env = { PATH: '/usr/bin:/bin' };
/** Says each signal that it gets; ends at the first of them, a little later. */
const polite = `trap 'echo interrupted; n=1' INT; echo up; while [ -z "$n" ]; do sleep 0.02; done; echo saved; exit 1`;

describe('a child', () => {
  test('what it says and its exit code', async () => {
    const lines: string[] = [];
    const options = { cwd: '/', env, stop: never, abort: never };
    expect(await runChild('sh', ['-c', 'echo out; echo err >&2; exit 7'], options)).toEqual({
      code: 7,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    await runChild('printf', ['a\\nb\\nlast'], { ...options, onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b', 'last']);
  });

  test('arguments are passed as they are, standard input is empty, and files it writes are its user’s alone', async () => {
    const directory = await tempDir();
    const options = { cwd: directory, env, stop: never, abort: never };
    const { stdout } = await runChild('sh', ['-c', 'cat; printf "%s|" "$@"; : >made', 'sh', 'a b', "'", '$x', ''], options);
    expect(stdout).toBe("a b|'|$x||");
    expect((await stat(join(directory, 'made'))).mode & 0o777).toBe(0o600);
  });

  test('the first Ctrl-C is one SIGINT, and its end is waited for', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const onLine = (line: string) => {
      lines.push(line);
      if (line === 'up') stop.abort();
    };
    const { code } = await runChild('sh', ['-c', polite], { cwd: '/', env, stop: stop.signal, abort: never, onLine });
    expect({ code, lines }).toEqual({ code: 1, lines: ['up', 'interrupted', 'saved'] });
  });

  test('the second kills it and all that it started', async () => {
    const abort = new AbortController();
    let grandchild = 0;
    const onLine = (line: string) => {
      grandchild = Number(line);
      abort.abort();
    };
    const { code, signal } = await runChild('sh', ['-c', "trap '' INT; sleep 1000 & echo $!; wait"], {
      cwd: '/',
      env,
      stop: never,
      abort: abort.signal,
      onLine,
    });
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
    await until('the grandchild is gone', () => !isAlive(grandchild));
  });

  test('what it leaves running ends with it', async () => {
    const options = { cwd: '/', env, stop: never, abort: never };
    const { stdout } = await runChild('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], options);
    await until('the rest is gone', () => !isAlive(Number(stdout)));
  });

  test('when its parent is killed, it ends too', async () => {
    const directory = await tempDir();
    const [file, outfile] = [join(directory, 'pid'), join(directory, 'parent.mjs')];
    const source = fileURLToPath(new URL('./orphan-entry.ts', import.meta.url));
    await build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile });
    const parent = spawn(process.execPath, [outfile, file], { stdio: 'ignore' });
    afterTest(() => parent.kill('SIGKILL'));
    const pid = await until('it runs', async () => Number(await readFile(file, 'utf8').catch(() => 0)) || false, { withinMs: 20_000 });
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });
});

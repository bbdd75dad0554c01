import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { StateLayout } from '../../src/state/layout.js';
import { jsonLines, type Scene, scene } from '../cli/scene.js';
import { forNode, freePort, specs } from '../cli/specs.js';
import { until } from '../support/poll.js';
import { cliPath, machine, type RunningCli } from '../support/run-cli.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

interface Shown {
  worker: { status: string } | null;
  armed: { detail: string }[];
}

/** An apply that is armed, of a worker that gets ready when `letReady` is called. */
async function armedApply(): Promise<{ one: Scene; apply: RunningCli; keeper: number; letReady(): Promise<void> }> {
  const port = await freePort();
  const go = join(await tempDir('go'), 'go');
  const code = `const t = setInterval(() => {
    if (!require('fs').existsSync('${go}')) return;
    clearInterval(t);
    require('http').createServer((q, r) => r.end()).listen(${port}, '127.0.0.1');
  }, 20)`;
  const one = await scene({
    spec: { backend: 'process', ...specs.process({ memory: forNode, engine: { command: ['node', '-e', code], port } }) },
  });
  const apply = await one.start(['apply', 'SPEC', '--auto-approve', '--json']);
  await until('the engine runs', () => apply.stdout().includes('"type":"waiting"'), { withinMs: 20_000 });
  return { one, apply, keeper: armedPids(apply.stdout())[0]!, letReady: () => writeFile(go, '') };
}

function armedPids(stdout: string): number[] {
  return jsonLines(stdout)
    .filter(({ type }) => type === 'armed')
    .map((line) => Number(/pid (\d+)/.exec((line['layers'] as { detail: string }[])[0]!.detail)![1]));
}

const shown = async (one: Scene) =>
  jsonLines((await one.cli(['show', 'NAME', '--json'])).stdout).find((line) => 'armed' in line) as unknown as Shown;

attacks('silence', {
  'a keeper that is killed before ready': {
    mechanism: 'apply holds its keeper, and arms again',
    does: 'KILL to the keeper between armed and ready',
    right: 'another is armed before apply says ready',
    async check() {
      const { one, apply, keeper, letReady } = await armedApply();
      process.kill(keeper, 'SIGKILL');
      await letReady();
      const { code, stdout } = await apply.done;
      expect(code, stdout).toBe(0);
      const pids = armedPids(stdout);
      expect(pids).toEqual([keeper, expect.any(Number)]);
      expect(pids[1]).not.toBe(keeper);
      expect((await shown(one)).armed).toMatchObject([{ detail: `pid ${pids[1]} on this machine` }]);
    },
  },
  'a keeper that is stopped before ready': {
    mechanism: 'every question has a deadline',
    does: 'STOP to the keeper between armed and ready; show and doctor meanwhile',
    right: 'apply fails as not armed and removes what it made; show lists no keeper, doctor names it with its pid',
    async check() {
      const { one, apply, keeper, letReady } = await armedApply();
      process.kill(keeper, 'SIGSTOP');
      afterTest(() => process.kill(keeper, 'SIGKILL'));
      // Each waits for the keeper as long: all at once.
      await letReady();
      const [show, doctor, { code, stdout }] = await Promise.all([one.cli(['show', 'NAME']), one.cli(['doctor']), apply.done]);
      const mute = `the keeper (pid ${keeper}) does not answer`;
      expect(show.code, show.stderr).toBe(0);
      expect(show.stderr).toContain(`${mute}: continue it if it is stopped (kill -CONT ${keeper}), or end it (kill -KILL ${keeper})`);
      expect(show.stdout).toContain('nothing that is alive here');
      expect(doctor.stdout).toContain(`!! keeper: ${mute}`);
      expect(code).toBe(1);
      expect(jsonLines(stdout).at(-1)).toMatchObject({ '@message': `Error: no keeper that could end the worker is alive: ${mute}` });
      expect(jsonLines(stdout).map(({ type }) => type)).not.toContain('ready');
      expect(await one.left()).toEqual([]);
    },
  },
  'an unexpected error in a keeper whose log cannot be written': {
    mechanism: 'a last resort: logged, and the keeper goes on',
    does: 'an exception is thrown and a promise rejected outside of everything, while the disk of the log is full',
    right: 'the keeper still answers',
    async check() {
      const { stateDir, env } = await machine();
      const layout = new StateLayout(stateDir, systemClock);
      const mark = join(stateDir, 'thrown');
      const preload = join(await tempDir('preload'), 'throw.cjs');
      await writeFile(
        preload,
        `const { existsSync, writeFileSync } = require('fs');
        const t = setInterval(() => {
          if (!existsSync('${layout.keeperSocket}')) return;
          clearInterval(t);
          setImmediate(() => { throw new Error('a mistake'); });
          Promise.reject(new Error('another'));
          setTimeout(() => writeFileSync('${mark}', ''), 20);
        }, 10);`,
      );
      const command = `exec "${process.execPath}" -r "${preload}" "${cliPath}" keeper run >/dev/full`;
      const keeper = spawn('sh', ['-c', command], { env, stdio: 'ignore' });
      afterTest(() => keeper.kill('SIGKILL'));
      await until('it is thrown', () => existsSync(mark));
      const client = new KeeperClient({ layout, clock: systemClock, env, version: '0.1.0', command: ['true'] });
      expect(await client.status()).toEqual({ kind: 'alive', pid: keeper.pid, silent: [] });
    },
  },
});

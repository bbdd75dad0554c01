import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Call, Moment } from '../support/docker-proxy.js';
import { dockerAvailable, must } from '../support/docker.js';
import { until } from '../support/poll.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { moments } from './call-points.js';
import { keeperOf, killKeeper } from '../support/processes.js';
import { recover } from './recovery.js';
import { openStage, type Stage } from './stage.js';
import { hours, smallSpec } from './worker-file.js';

/** What an engine's command becomes at the daemon; nothing else that the keeper asks looks like it. */
const forwarded = /\/exec(\/|$)|\/containers\/[0-9a-f]{64}\/json/;

interface Ran {
  code: number | null;
  out: string;
}

/** The real client, as the engine runs it; killed when it hangs. */
async function dockerExec(socket: string, container: string): Promise<Ran> {
  const child = spawn('docker', ['--host', `unix://${socket}`, 'exec', container, 'sh', '-c', 'echo out; exit 7'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, code] = await Promise.all([text(child.stdout), exited]);
  clearTimeout(timer);
  return { code, out };
}

/** A worker whose engine runs commands, made through a proxy on which `act` can kill its keeper. */
async function engineThatExecs(act: (stage: Stage, call: Call & { moment: Moment }) => unknown) {
  const worker = uniqueName('execs');
  const build = { name: 'build', image: 'mayfly-test/busybox:1', cpu: 50, memory: 32, storage: 8 };
  const small = smallSpec(worker, hours);
  const spec = { ...small, engine: { ...(small['engine'] as object), exec: true }, containers: [build] };
  const stage: Stage = await openStage(worker, spec, { onCall: (call) => forwarded.test(call.path.split('?')[0]!) && act(stage, call) });
  afterTest(async () => {
    await stage.close();
    expect(await recover(stage, 'destroy')).toEqual([]);
  });
  const applied = await (await stage.cli('apply', 'SPEC'.replace('SPEC', stage.spec), '--auto-approve')).done;
  expect(applied.code, applied.stderr).toBe(0);
  const { Config } = await must<{ Config: { Labels: Record<string, string> } }>('GET', `/containers/mayfly-${worker}.engine/json`);
  const directory = Config.Labels['dev.mayfly.exec']!;
  const ask = () => dockerExec(`${directory}/docker.sock`, `mayfly-${worker}.build`);
  return { stage, directory, ask };
}

/** Any command starts a keeper again, which serves the same socket. */
async function revived(stage: Stage, ask: () => Promise<Ran>): Promise<void> {
  await (
    await stage.cli('list')
  ).done;
  await until('commands run again', async () => (await ask()).code === 7, { withinMs: 20_000, everyMs: 100 });
}

test.skipIf(!dockerAvailable())(
  'the keeper killed at each request that it forwards: streams fail, the next command brings it back, nothing is left',
  async () => {
    let target: { index: number; moment: Moment } | null = null;
    let seen: number[] = [];
    let hit = false;
    const { stage, directory, ask } = await engineThatExecs(async (on, { index, moment }) => {
      if (!seen.includes(index)) seen.push(index);
      if (hit || target === null || seen.indexOf(index) !== target.index || moment !== target.moment) return undefined;
      hit = true;
      await killKeeper(on.machine);
      return 'drop';
    });
    seen = [];
    expect(await ask()).toEqual({ code: 7, out: 'out\n' });
    const calls = seen.length;
    expect(calls).toBeGreaterThanOrEqual(3);
    const points = Array.from({ length: calls }, (_, index) => moments.map((moment) => ({ index, moment }))).flat();
    let reached = 0;
    for (const point of points) {
      [target, seen, hit] = [point, [], false];
      const { code } = await ask();
      const last = point.index === calls - 1 && point.moment === 'after';
      const where = `killed ${point.moment} forwarded call ${point.index}`;
      // What was answered in full may be told; what was cut short must not look like success, nor like the command's own end.
      if (hit) expect([code === 0, code === null], where).toEqual([false, false]);
      if (hit && !last && point.moment !== 'after') expect(code, where).not.toBe(7);
      reached += hit ? 1 : 0;
      target = null;
      await revived(stage, ask);
    }
    process.stdout.write(`exec through the keeper: ${calls} forwarded calls, killed at ${reached} of ${points.length} points\n`);
    expect(reached).toBeGreaterThanOrEqual(points.length - 1);
    const { code, stderr } = await (await stage.cli('destroy', stage.worker, '--auto-approve')).done;
    expect(code, stderr).toBe(0);
    await until('its keeper has left', () => keeperOf(stage.machine) === null, { withinMs: 30_000, everyMs: 100 });
    expect(existsSync(directory)).toBe(false);
  },
);

import { execFileSync, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { hasTerminal } from '../cli/has-terminal.js';
import type { Scene } from '../cli/scene.js';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { type CliResult, cliPath, type RunningCli } from '../support/run-cli.js';
import { fiveLines, project, reports, suite } from './project.js';

/** How a run of the CI job went. */
interface Went {
  code: number | null;
  /** The last line on standard error; the run's own name is NAME. */
  last: string;
  artifacts: string[];
  left: string[];
}

const run = (command: string, ...options: string[]) => ['run', 'SPEC', '--in', 'test', ...options, '--', 'sh', '-c', command];

/** Writes a report, as a suite that has begun does, and goes on until it is ended. */
const endless = 'mkdir -p coverage; echo "<testcase" > junit.xml; echo x > coverage/lcov.info; echo begun; sleep 600 & wait';

async function wentOf(one: Scene, { code, stderr }: Pick<CliResult, 'code' | 'stderr'>): Promise<Went> {
  const lines = stderr.trimEnd().split('\n');
  const named = (line: string) => line.trim().replace(new RegExp(`${one.name}(-[a-z0-9]{4})?`, 'g'), 'NAME');
  return { code, last: named(lines.at(-1) ?? ''), artifacts: await reports(one), left: await one.leftAtLast() };
}

async function begun(running: RunningCli): Promise<void> {
  await until('the command runs', () => running.stdout().includes('begun'), { withinMs: 60_000 });
}

const both = ['junit.xml: 7', 'coverage/lcov.info'];
const partial = ['junit.xml: 1', 'coverage/lcov.info'];

describe.skipIf(!dockerAvailable())('the CI job of five lines', { timeout: 150_000 }, () => {
  test('succeeds', async () => {
    const one = await project();
    expect(await wentOf(one, await one.cli(run(suite)))).toEqual({ code: 0, last: 'NAME: destroyed', artifacts: both, left: [] });
  });

  test('fails with the code of its suite', async () => {
    const one = await project();
    expect(await wentOf(one, await one.cli(run(`DAY=bad; export DAY; ${suite}`)))).toEqual({
      code: 1,
      last: 'NAME: destroyed',
      artifacts: both,
      left: [],
    });
  });

  test.skipIf(!hasTerminal())('is ended by Ctrl-C on a terminal', async () => {
    const one = await project();
    const words = [process.execPath, cliPath, ...run(endless)].map((word) => `'${word === 'SPEC' ? one.specPath : word}'`).join(' ');
    const child = spawn('script', ['-qec', `trap : INT; ${words}; echo "code $?"`, '/dev/null'], {
      env: { ...one.machine.env, ...one.env },
      cwd: one.folder,
    });
    let screen = '';
    child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    const done = new Promise((resolve) => child.once('close', resolve));
    await until('the command runs', () => /^begun\r?$/m.test(screen), { withinMs: 60_000 });
    child.stdin.write('\x03');
    await done;
    const lines = screen.trimEnd().split(/\r?\n/);
    const code = Number(/code (\d+)$/.exec(lines.pop() ?? '')?.[1]);
    expect(await wentOf(one, { code, stderr: lines.join('\n') })).toEqual({
      code: 130,
      last: 'Interrupted: NAME was ended.',
      artifacts: partial,
      left: [],
    });
  });

  test('is ended by SIGTERM', async () => {
    const one = await project();
    const running = await one.start(run(endless));
    await begun(running);
    running.child.kill('SIGTERM');
    expect(await wentOf(one, await running.done)).toEqual({
      code: 130,
      last: 'Interrupted: NAME was ended.',
      artifacts: partial,
      left: [],
    });
  });

  test('is ended within 10 s when its runner is killed, without reports', async () => {
    const one = await project();
    const running = await one.start(run(endless));
    await begun(running);
    const killedAt = Date.now();
    running.child.kill('SIGKILL');
    await running.done;
    await until('the worker is gone', async () => (await one.left()).length === 0, { withinMs: 45_000 });
    // TERM and the removal come after the decision.
    expect(Date.now() - killedAt).toBeLessThan(25_000);
    expect(await reports(one)).toEqual([]);
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('starts again at once when the last one was cancelled: the newest wins', async () => {
    const one = await project();
    const first = await one.start(run(endless, '--name', 'NAME', '--replace'));
    await begun(first);
    const second = await one.cli(run(suite, '--name', 'NAME', '--replace'));
    expect(await wentOf(one, second)).toEqual({ code: 0, last: 'NAME: destroyed', artifacts: both, left: [] });
    expect(await first.done).toMatchObject({ code: 130, stderr: expect.stringContaining('replaced') as string });
  });

  test('runs twice at the same time', async () => {
    const [one, other] = [await project(), await project()];
    const went = await Promise.all([one, other].map(async (each) => wentOf(each, await each.cli(run(suite)))));
    expect(went.map(({ code, artifacts, left }) => ({ code, artifacts, left }))).toEqual([
      { code: 0, artifacts: both, left: [] },
      { code: 0, artifacts: both, left: [] },
    ]);
  });

  test('expires in time, with its reports', async () => {
    const one = await project(fiveLines.replace('15m', '15s'));
    expect(await wentOf(one, await one.cli(run(endless)))).toEqual({
      code: 124,
      last: 'NAME: expired after 15 s',
      artifacts: partial,
      left: [],
    });
  });

  test('runs out of memory', async () => {
    const one = await project(fiveLines.replace('name: test,', 'name: test, memory: 64,'));
    const eat = `${endless.split(';').slice(0, 3).join(';')}; node -e 'const a = []; for (;;) a.push(Buffer.alloc(1e7, 1))'`;
    expect(await wentOf(one, await one.cli(run(eat)))).toEqual({
      code: 137,
      last: 'NAME: container test ran out of memory (limit 64 MB)',
      artifacts: partial,
      left: [],
    });
  });

  test('writes more than its storage', async () => {
    const one = await project(fiveLines.replace('name: test,', 'name: test, storage: 20,'));
    const fill = `dd if=/dev/zero of=/big bs=1M count=60 2>/dev/null; ${endless}`;
    expect(await wentOf(one, await one.cli(run(fill), { timeoutMs: 110_000 }))).toEqual({
      code: 125,
      last: 'NAME: container test uses 61 MB of 20 MB',
      // The keeper has ended its containers.
      artifacts: [],
      left: [],
    });
  });

  test('has a service that exits', async () => {
    const one = await project();
    const running = await one.start(
      run(
        `echo begun; until ! node -e 'new (require("pg").Client)({host: "localhost", user: "postgres", password: "x"}).connect().then(() => process.exit(0))' 2>/dev/null; do sleep 0.2; done; exit 3`,
      ),
    );
    await begun(running);
    const [db] = execFileSync('docker', ['ps', '-q', '--filter', `name=mayfly-${one.name}.*\\.db`], { encoding: 'utf8' }).split('\n');
    execFileSync('docker', ['kill', db!]);
    expect(await wentOf(one, await running.done)).toEqual({ code: 3, last: 'NAME: db exited 137', artifacts: [], left: [] });
  });

  test('has a service that is never healthy', async () => {
    const one = await project(fiveLines.replace('[pg_isready, -h, localhost]', '["false"], interval: 200ms, retries: 2'));
    const { code, stderr } = await one.cli(run(suite));
    expect([code, await reports(one), await one.leftAtLast()]).toEqual([1, [], []]);
    // Its last lines follow.
    expect(stderr).toMatch(/^Error: .*\/db: db is unhealthy: its healthcheck failed 2 times in a row, the last time: exit code 1$/m);
  });
});

test.skipIf(!dockerAvailable())('a suite that writes no report succeeds only where the report is optional', async () => {
  const one = await project();
  await writeFile(one.specPath, fiveLines.replace('artifacts: [junit.xml, coverage/lcov.info]', 'artifacts: [none.xml]'));
  const missing = await one.cli(run('true'));
  await writeFile(
    one.specPath,
    fiveLines.replace('artifacts: [junit.xml, coverage/lcov.info]', 'artifacts: [{from: none.xml, optional: true}]'),
  );
  const optional = await one.cli(run('true'));
  expect([missing.code, optional.code]).toEqual([1, 0]);
  await rm(one.specPath);
});

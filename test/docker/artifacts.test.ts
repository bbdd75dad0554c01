import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { spawnCli } from '../support/run-cli.js';
import { tempDir } from '../support/temp-dir.js';
import { container, leftOf, type SpecFile, small, worker } from './support.js';

const artifacts = ['junit.xml', { from: 'cov/**', to: 'out/' }, { from: 'core', when: 'failure', optional: true }];
const files = 'echo report > junit.xml; mkdir -p cov/html; echo page > cov/html/a; ln -s /etc/passwd cov/out; : > core';

/** A run in a directory of its own, whose container has `/tmp` as its working directory. */
async function start(script: string, more: SpecFile = {}) {
  const one = await worker({ ...small, ...more, containers: [container('test', { working_dir: '/tmp', artifacts })] });
  const cwd = await tempDir('job');
  const args = ['run', one.specPath, '--name', one.name, '--in', 'test', '--grace', '1s', '--', 'sh', '-c', script];
  const running = await spawnCli(args, { machine: one.machine, cwd });
  /** The exit code, the files in the caller's directory, the worker's remains, and the lines on stderr. */
  const result = async () => {
    const { code, stderr } = await running.done;
    return { code, files: (await readdir(cwd, { recursive: true })).sort(), left: await leftOf(one.name), stderr };
  };
  return { one, cwd, running, result };
}

const collected = ['junit.xml', 'out', 'out/html', 'out/html/a'];

describe.skipIf(!dockerAvailable())('artifacts of a run on real Docker', () => {
  test('after success', async () => {
    const { cwd, result } = await start(files);
    const { code, files: found, left, stderr } = await result();
    expect([code, found, left]).toEqual([0, collected, []]);
    expect(await readFile(join(cwd, 'junit.xml'), 'utf8')).toBe('report\n');
    expect(stderr).toContain('artifact test:cov/**: left out: cov/out is a link to /etc/passwd');
    expect(stderr).toMatch(/^collected 2 artifacts: junit\.xml \(7 B\), out \(5 B\)$/m);
  });

  test('after a failure', async () => {
    const { result } = await start(`${files}; exit 3`);
    expect(await result()).toMatchObject({ code: 3, files: ['core', ...collected], left: [] });
  });

  test('after SIGTERM', async () => {
    const { running, result } = await start(`${files}; echo up; trap 'echo late > junit.xml; exit 1' TERM; while :; do sleep 0.1; done`);
    await until('the command runs', () => running.stdout().includes('up'), { withinMs: 60_000 });
    running.child.kill('SIGTERM');
    expect(await result()).toMatchObject({ code: 130, files: ['core', ...collected], left: [] });
  });

  test('when the worker expires', async () => {
    const { result } = await start(`${files}; sleep 1000`, { max_duration: 6 });
    const { stderr, ...rest } = await result();
    expect(rest).toEqual({ code: 124, files: ['core', ...collected], left: [] });
    expect(stderr).toContain('expired after 6 s');
  });

  test('a failed run is retained: logs and cp read it, and it ends in time', async () => {
    const { one, cwd, result } = await start(`${files}; exit 3`, { retain: { failure: '15s' } });
    const { code, left, stderr } = await result();
    expect(code).toBe(3);
    expect(left).toHaveLength(3);
    expect(stderr).toContain(`${one.name}: retained until `);
    expect((await one.must(['list'])).stdout).toMatch(new RegExp(`${one.name} .* retained `));
    await one.must(['cp', `${one.name}:test:/tmp/core`, join(cwd, 'copied')]);
    await one.must(['logs', 'NAME', 'test']);
    await until('nothing is left', async () => (await leftOf(one.name)).length === 0, { withinMs: 40_000, everyMs: 200 });
  });
});

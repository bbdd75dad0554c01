import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { type Scene, scene } from './scene.js';
import { specs, waiting } from './specs.js';

const box = { name: 'box', image: images.busybox, command: waiting, cpu: 50, memory: 64, storage: 10 };
const spec = specs.docker({ containers: [box] });

describe.skipIf(!dockerAvailable())('working in a worker on docker', () => {
  let one: Scene;
  beforeAll(async () => {
    one = await scene({ docker: 'real', spec });
    await one.must(['apply', 'SPEC', '--auto-approve']);
  });
  afterAll(async () => {
    await one.must(['destroy', 'NAME', '--auto-approve']);
    const left = await one.leftAtLast();
    await one.close();
    expect(left).toEqual([]);
  });

  const codes: Record<string, [command: string[], code: number]> = {
    fine: [['true'], 0],
    'its own': [['sh', '-c', 'exit 7'], 7],
    'the largest': [['sh', '-c', 'exit 255'], 255],
    'a command that is not there': [['sh', '-c', 'no-such-command'], 127],
    'killed by a signal': [['sh', '-c', 'kill -9 $$'], 137],
  };
  test.for(Object.entries(codes))('exec exits as its command does: %s', async ([, [command, code]]) => {
    expect((await one.cli(['exec', 'NAME', 'box', '--', ...command])).code).toBe(code);
  });

  test('exec keeps the streams apart, and words as they are', async () => {
    const { stdout, stderr } = await one.cli(['exec', 'NAME', 'box', '--', 'sh', '-c', 'echo "$0"; echo err >&2', '007']);
    expect([stdout, stderr]).toEqual(['007\n', 'err\n']);
    expect(await one.must(['exec', 'NAME', '--', 'cat'])).toBe('');
  });

  test('5 MB through stdin come back as they were', async () => {
    const text = randomBytes(2_500_000).toString('hex');
    const { stdout, code } = await one.cli(['exec', 'NAME', 'box', '-i', '--', 'cat'], { input: text });
    expect([code, stdout.length, stdout === text]).toEqual([0, 5_000_000, true]);
  });

  test('10 MB of output arrive whole, also where the reader is slow', async () => {
    const running = await one.start(['exec', 'NAME', 'box', '--', 'sh', '-c', 'yes 0123456789abcde | head -c 10485760'], { input: '' });
    running.child.stdout!.pause();
    await until('the pipe is full', () => running.child.stdout!.readableLength > 0, { withinMs: 30_000 });
    running.child.stdout!.resume();
    const { code, stdout } = await running.done;
    const wanted = createHash('sha256').update('0123456789abcde\n'.repeat(655_360)).digest('hex');
    expect([code, createHash('sha256').update(stdout).digest('hex')]).toEqual([0, wanted]);
  });

  test('a reader that leaves early ends the command', async () => {
    const running = await one.start(['exec', 'NAME', 'box', '--', 'yes'], { input: '' });
    await until('output', () => running.stdout() !== '');
    running.child.stdout!.destroy();
    const { code, stderr } = await running.done;
    expect([code, stderr]).toEqual([141, '']);
  });

  test('Ctrl-C ends an exec', async () => {
    const running = await one.start(['exec', 'NAME', 'box', '--', 'sh', '-c', 'echo up; sleep 1000'], { input: '' });
    await until('it runs', () => running.stdout().includes('up'));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/bug in mayfly/);
  });

  test('logs: both streams, and the last lines alone', async () => {
    const { stdout, stderr } = await one.cli(['logs', 'NAME', 'box']);
    expect([stdout, stderr]).toEqual(['up\n', 'late\n']);
    expect(await one.must(['logs', 'NAME', '--tail', '0'])).toBe('');
    const following = await one.start(['logs', 'NAME', 'box', '-f'], { input: '' });
    await until('its lines', () => following.stdout() === 'up\n');
    following.child.kill('SIGINT');
    expect((await following.done).code).toBe(0);
  });

  test('logs: only since a moment', async () => {
    expect(await one.must(['logs', 'NAME', 'box', '--since', '1h'])).toBe('up\n');
    const between = new Date().toISOString();
    await one.must(['exec', 'NAME', 'box', '--', 'sh', '-c', 'echo after >/proc/1/fd/1']);
    await until('the line', async () => (await one.must(['logs', 'NAME', 'box'])).endsWith('after\n'));
    expect(await one.must(['logs', 'NAME', 'box', '--since', between])).toBe('after\n');
    expect(await one.must(['logs', 'NAME', 'box', '--since', String(Date.parse(between) / 1000)])).toBe('after\n');
    const { code, stdout, stderr } = await one.cli(['logs', 'NAME', 'box', '--since', '0s']);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });

  test('list and gc see it, and leave it', async () => {
    expect(await one.must(['list', '--backend', 'docker'])).toContain(`${one.name}   docker    ready`);
    expect(await one.must(['gc', '--dry-run', '--backend', 'docker'])).toContain('Nothing is due.');
  });
});

describe.skipIf(!dockerAvailable())('run, on docker', () => {
  test("the command's streams and exit code, and the worker gone after it", async () => {
    const one = await scene({ docker: 'real', spec });
    const { code, stdout, stderr } = await one.cli(['run', 'SPEC', '--in', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 4']);
    expect([code, stdout]).toEqual([4, 'out\n']);
    expect(stderr).toMatch(/^Plan: 2 to add.*$[\s\S]*^ready after .*$[\s\S]*^err$[\s\S]*: destroyed$/m);
    expect(await one.leftAtLast()).toEqual([]);
  });
});

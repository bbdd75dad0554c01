import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { cliPath } from '../support/run-cli.js';
import { until } from '../support/poll.js';
import { hasTerminal } from './has-terminal.js';
import { accessOf, type Scene, scene } from './scene.js';
import { specs } from './specs.js';

interface OnTerminal {
  code: number | null;
  screen: string;
}

/** Runs the CLI on a terminal; `answer` is typed when it asks. */
async function onTerminal(
  one: Scene,
  args: string[],
  { answer = '', env = {} }: { answer?: string; env?: Record<string, string> } = {},
): Promise<OnTerminal> {
  const words = [process.execPath, cliPath, ...args.map((arg) => (arg === 'SPEC' ? one.specPath : arg))];
  // A terminal without a size has no room for anything.
  const line = `stty rows 24 cols 120; exec ${words.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...one.machine.env, ...one.env, TERM: 'xterm', ...env },
    cwd: one.folder,
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (answer !== '') {
    await until('the question', () => screen.includes('Type "yes" to continue: '), { withinMs: 30_000 });
    child.stdin.write(`${answer}\n`);
  }
  return { code: await ended, screen };
}

describe.skipIf(!hasTerminal())('on a terminal', () => {
  test('a plan has colours, and none with NO_COLOR', async () => {
    const one = await scene({ spec: specs.process() });
    expect((await onTerminal(one, ['plan', 'SPEC'])).screen).toContain('\x1b[32m+');
    const plain = await onTerminal(one, ['plan', 'SPEC'], { env: { NO_COLOR: '1' } });
    expect(plain.screen).toContain('+ mayfly_process.engine');
    expect(plain.screen).not.toContain('\x1b[');
  });

  test('apply asks, shows what it is about and for how long, and never the keys', async () => {
    // Its healthcheck takes a while, so that there is something to look at.
    const engine = {
      command: ['sh', '-c', 'sleep 0.7; touch up; exec sleep 1000'],
      healthcheck: { command: ['test', '-e', 'up'], interval: '100ms', retries: 1000 },
    };
    const one = await scene({ spec: specs.process({ engine }) });
    const { code, screen } = await onTerminal(one, ['apply', 'SPEC'], { answer: 'yes' });
    expect(code, screen).toBe(0);
    expect(screen).toContain('Apply these changes? Type "yes" to continue: ');
    expect(screen).toMatch(/waiting for engine: \S+.* … \d+\.\d s/);
    expect(screen).toMatch(/ready.* after \d/);
    const { remote_key: remote, self_key: self } = await accessOf(one);
    for (const key of [remote, self]) expect(screen).not.toContain(key);
    const kept = await onTerminal(one, ['destroy', one.name], { answer: 'no' });
    expect(kept.screen).toContain('Destroy these objects? Type "yes" to continue: ');
    expect([kept.code, kept.screen.includes('Nothing was done.')]).toEqual([1, true]);
    expect((await onTerminal(one, ['destroy', one.name], { answer: 'yes' })).code).toBe(0);
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('anything but yes does nothing', async () => {
    const one = await scene({ spec: specs.process() });
    const { code, screen } = await onTerminal(one, ['apply', 'SPEC'], { answer: 'y' });
    expect([code, screen.includes('Nothing was done.')]).toEqual([1, true]);
    expect(await one.leftAtLast()).toEqual([]);
  });
});

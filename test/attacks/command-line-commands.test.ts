import { openSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Scene, scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { cliPath } from '../support/run-cli.js';
import { attacks } from './attacks.js';

let one: Scene;
beforeAll(async () => {
  if (!dockerAvailable()) return;
  one = await scene({ docker: 'real', spec: specs.docker() });
  await one.must(['apply', 'SPEC', '--auto-approve']);
});
afterAll(async () => {
  if (!dockerAvailable()) return;
  await one.must(['destroy', 'NAME', '--auto-approve']);
  await one.close();
});

/** A command in the engine that says that it is up and writes down by which signal it ended. */
const trapped = (file: string) => [
  'sh',
  '-c',
  `for name in INT TERM; do trap "echo $name >${file}; exit 5" $name; done; echo up; while :; do sleep 0.1; done`,
];

attacks(
  'command line',
  {
    'an option behind the container': {
      mechanism: 'words of the user',
      does: '`exec WORKER engine echo --version`, without --',
      right: 'the command gets it',
      async check() {
        expect(await one.must(['exec', 'NAME', 'engine', 'echo', '--version', '--json'])).toBe('--version --json\n');
      },
    },
    'Ctrl-C in exec': {
      mechanism: 'an abort ends the command inside',
      does: 'SIGINT for `exec` of a command that runs on',
      right: 'the command is ended in the container, and the exit code is 130',
      async check() {
        const running = await one.start(['exec', 'NAME', 'engine', ...trapped('/tmp/by')]);
        await until('it is up', () => running.stdout().includes('up'));
        process.kill(running.pid, 'SIGINT');
        expect((await running.done).code).toBe(130);
        expect(await one.must(['exec', 'NAME', 'engine', 'cat', '/tmp/by'])).toBe('INT\n');
      },
    },
    'a closed terminal': {
      mechanism: 'an abort ends the command inside',
      does: 'SIGHUP for `exec`',
      right: 'the same as for Ctrl-C',
      async check() {
        const running = await one.start(['exec', 'NAME', 'engine', ...trapped('/tmp/hup')]);
        await until('it is up', () => running.stdout().includes('up'));
        process.kill(running.pid, 'SIGHUP');
        expect((await running.done).code).toBe(130);
        expect(await one.must(['exec', 'NAME', 'engine', 'cat', '/tmp/hup'])).toBe('TERM\n');
      },
    },
  },
  { unless: !dockerAvailable() },
);

attacks('command line', {
  'SIGHUP in run': {
    mechanism: 'every ending signal is one',
    does: 'SIGHUP for `run` while its command runs',
    right: 'the worker is ended, and the exit code is 130',
    async check() {
      const local = await scene({ spec: specs.process() });
      const running = await local.start(['run', 'SPEC', '--name', 'NAME', 'sh', '-c', 'echo up; sleep 1000']);
      await until('it is up', () => running.stdout().includes('up'), { withinMs: 30_000 });
      process.kill(running.pid, 'SIGHUP');
      expect((await running.done).code).toBe(130);
      expect(await local.leftAtLast()).toEqual([]);
    },
  },
  'Ctrl-C while apply waits': {
    mechanism: 'an interrupted apply leaves the worker',
    does: 'SIGINT while `apply` waits until the worker is healthy',
    right: 'it says that the worker lives on, and how to end it',
    async check() {
      const check = { command: ['false'], interval: 1, retries: 1000 };
      const local = await scene({ spec: { ...specs.process(), engine: { command: ['sleep', '1000'], healthcheck: check } } });
      const running = await local.start(['apply', 'SPEC', '--auto-approve']);
      await until('it waits', () => running.stderr().includes('waiting for'), { withinMs: 30_000 });
      process.kill(running.pid, 'SIGINT');
      const { code, stderr } = await running.done;
      expect(code).toBe(1);
      expect(stderr).toContain(`the worker lives until it expires: \`mayfly destroy ${local.name}\` ends it now`);
      expect((await local.must(['list', '--backend', 'process'])).includes(local.name)).toBe(true);
      await local.must(['destroy', 'NAME', '--auto-approve']);
    },
  },
  'an error that nobody caught': {
    mechanism: 'the last resort',
    does: 'an exception outside of every command',
    right: 'one sentence with its remedy, and no line of the bundle',
    async check() {
      const local = await scene();
      const crash = join(local.folder, 'crash.cjs');
      await writeFile(crash, `process.stdin.once('data', () => { throw new Error('boom'); });`);
      const running = await local.cli(['validate', '-'], { env: { NODE_OPTIONS: `--require ${crash}` }, input: 'max_duration: 1' });
      expect(running.stderr).toBe(
        'Error: unexpected: boom\n  → this is a bug in mayfly: run again with --debug and report what it prints\n',
      );
      expect(running.code).toBe(1);
    },
  },
  'a full disk behind standard output': {
    mechanism: 'errors of our own streams',
    does: '`list >/dev/full`',
    right: 'one sentence without a trace, exit code 1',
    async check() {
      const local = await scene();
      const child = spawn(process.execPath, [cliPath, 'list', '--backend', 'process'], {
        env: { ...local.machine.env, ...local.env },
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      let stderr = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const [code] = (await once(child, 'close')) as [number];
      expect(stderr).toMatch(/^Error: standard output cannot be written: ENOSPC.*\n {2}→ .*\n$/);
      expect(code).toBe(1);
    },
  },
});

import { expect } from 'vitest';
import { scene, type Scene } from '../cli/scene.js';
import { specs, waiting } from '../cli/specs.js';
import { dockerAvailable, images } from '../support/docker.js';
import { attacks } from './attacks.js';

const codes = 'the exit code says how it ended';
const suffix = 'a run draws a name of its own';

/** Runs a command that outlives its worker. */
async function timeUp(one: Scene, args: string[]): Promise<void> {
  const { code, stdout, stderr } = await one.cli(['run', 'SPEC', ...args, '--', 'sh', '-c', 'echo up; sleep 1000']);
  expect([code, stdout]).toEqual([124, 'up\n']);
  expect(stderr).toMatch(new RegExp(`\n${one.name}-[a-z0-9]{4}: expired after 2 s\n$`));
  expect(stderr).not.toContain('Error');
  expect(await one.leftAtLast()).toEqual([]);
}

/** A worker whose engine does its work and ends. */
async function batch(one: Scene): Promise<void> {
  await one.must(['apply', 'SPEC', '--auto-approve']);
  const waited = await one.cli(['wait', 'NAME']);
  expect([waited.code, waited.stdout]).toEqual([3, expect.stringMatching(/: engine ended with exit code 3\.\n$/)]);
  // And once it is history.
  expect((await one.cli(['wait', 'NAME'])).code).toBe(3);
  const shown = JSON.parse(await one.must(['show', 'NAME', '--json'])) as { history: Record<string, unknown>[] };
  expect(shown.history[0]).toMatchObject({ reason: 'engine_ended', why: 'engine ended with exit code 3', exitCode: 3 });
}

const exits = ['sh', '-c', 'sleep 1; exit 3'];

attacks('names', {
  'two runs of one spec at once': {
    mechanism: suffix,
    does: 'two CI jobs run the same spec, while a worker of its very name lives',
    right: 'each has a worker of its own, told first, and its own exit code',
    async check() {
      const one = await scene({ spec: specs.process() });
      await one.must(['apply', 'SPEC', '--auto-approve']);
      const results = await Promise.all(
        [4, 5].map((code) => one.cli(['run', 'SPEC', '--', 'sh', '-c', `echo $MAYFLY_WORKER; exit ${code}`])),
      );
      expect(results.map(({ code }) => code)).toEqual([4, 5]);
      const names = results.map(({ stdout, stderr }) => {
        expect(stderr.split('\n')[0]).toBe(`${stdout.trim()}: the worker of this run`);
        return stdout.trim();
      });
      for (const name of names) expect(name).toMatch(new RegExp(`^${one.name}-[a-z0-9]{4}$`));
      expect(new Set(names).size).toBe(2);
      expect(await one.must(['wait', 'NAME', '--for', 'ready'])).toContain(`${one.name} is ready`);
    },
  },
  'a run with a name': {
    mechanism: suffix,
    does: 'run --name',
    right: 'the name is exact, and one that lives is refused',
    async check() {
      const one = await scene({ spec: specs.process() });
      const { stdout } = await one.cli(['run', 'SPEC', '--name', 'exact', '--', 'printenv', 'MAYFLY_WORKER']);
      expect(stdout).toBe('exact\n');
      await one.must(['apply', 'SPEC', '--auto-approve']);
      const { code, stderr } = await one.cli(['run', 'SPEC', '--name', 'NAME', '--', 'true']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('a worker of this name is running')]);
    },
  },
  'a run whose time is up': {
    mechanism: codes,
    does: 'a command of a local process outlives max_duration',
    right: 'it says so, and exits with 124',
    check: async () => timeUp(await scene({ spec: specs.process({ max_duration: 2 }) }), []),
  },
  'a batch engine': {
    mechanism: codes,
    does: 'the engine of a local process exits with 3',
    right: 'wait exits with 3, then and later; show --json has it',
    check: async () => batch(await scene({ spec: specs.process({ engine: { command: exits } }) })),
  },
  'a wait whose time is up': {
    mechanism: codes,
    does: 'the worker is ended when its time is up',
    right: 'wait exits with 124; its own --timeout is an error',
    async check() {
      const one = await scene({ spec: specs.process({ max_duration: 3, engine: { command: waiting } }) });
      await one.must(['apply', 'SPEC', '--auto-approve']);
      const early = await one.cli(['wait', 'NAME', '--timeout', '100ms', '--json']);
      expect([early.code, early.stdout]).toEqual([1, expect.stringContaining('"code":"timed_out"')]);
      expect(await one.cli(['wait', 'NAME'])).toMatchObject({ code: 124, stdout: expect.stringMatching(/: expired after 3 s\.\n$/) });
    },
  },
});

attacks(
  'names',
  {
    'a run whose time is up, on Docker': {
      mechanism: codes,
      does: 'a command in a container outlives max_duration',
      right: 'it says so, and exits with 124 instead of 137',
      async check() {
        const box = { name: 'box', image: images.busybox, cpu: 10, memory: 16, storage: 5 };
        await timeUp(await scene({ docker: 'real', spec: specs.docker({ max_duration: 2, storage: 40, containers: [box] }) }), [
          '--in',
          'box',
        ]);
      },
    },
    'a batch engine, on Docker': {
      mechanism: codes,
      does: 'the engine exits with 3',
      right: 'wait exits with 3, then and later; show --json has it',
      check: async () => batch(await scene({ docker: 'real', spec: specs.docker({ engine: { image: images.busybox, command: exits } }) })),
    },
  },
  { unless: !dockerAvailable() },
);

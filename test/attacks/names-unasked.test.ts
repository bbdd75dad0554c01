import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Scene, scene, type SceneOptions } from '../cli/scene.js';
import { attacks } from './attacks.js';

const asked = 'a backend in use that could not be asked is an error';
const byDefault = 'a default place without a socket is a note';

interface Outcome {
  code: number;
  stdout: RegExp | '';
  stderr: RegExp | '';
}

const unanswered: Outcome = {
  code: 1,
  stdout: '',
  stderr:
    /^Error: \S+: the worker may live on docker, which could not be asked: .*no-docker\.sock.*\n {2}→ start the daemon or set DOCKER_HOST/,
};

/** Without it, `gc` has nothing to tidy. */
const noProcesses = (one: Scene) => rmdir(one.machine.processDir);

/** Writes what a machine keeps of workers that lived. */
const records = {
  state: (one: Scene) => mkdir(join(one.machine.stateDir, 'workers', 'docker', 'other'), { recursive: true }),
  async history(one: Scene) {
    const folder = join(one.machine.stateDir, 'history');
    await mkdir(folder, { recursive: true });
    const endedAt = Date.now() - 60_000;
    const entry = { worker: 'gone', backend: 'docker', endpoint: 'unix:///x', reason: 'expired', endedAt, containers: [] };
    await writeFile(join(folder, `gone@${endedAt}.json`), JSON.stringify(entry));
    await writeFile(join(folder, `gone@${endedAt - 1}.json`), '{"worker":"go');
  },
};

async function ask(options: SceneOptions, args: string[], before?: (one: Scene) => Promise<unknown>): Promise<Outcome> {
  const one = await scene(options);
  await before?.(one);
  const { code, stdout, stderr } = await one.cli(args);
  return { code: code!, stdout: stdout as never, stderr: stderr as never };
}

function expectOutcome(actual: Outcome, wanted: Outcome): void {
  expect(actual).toEqual({
    code: wanted.code,
    stdout: wanted.stdout === '' ? '' : expect.stringMatching(wanted.stdout),
    stderr: wanted.stderr === '' ? '' : expect.stringMatching(wanted.stderr),
  });
}

const unreachable: SceneOptions = { docker: 'unreachable' };
const marked = /^Error: docker could not be asked: .*\n {2}→ start the daemon/;

attacks('names', {
  'destroy of an unknown name': {
    mechanism: asked,
    does: 'DOCKER_HOST names a socket that is not there',
    right: 'an error that names the backend, exit code 1',
    check: async () => expectOutcome(await ask(unreachable, ['destroy', 'ci', '--auto-approve']), unanswered),
  },
  'destroy over history': {
    mechanism: asked,
    does: 'the history says that the worker ended, and its daemon does not answer',
    right: 'history is not believed, exit code 1',
    check: async () => expectOutcome(await ask(unreachable, ['destroy', 'gone', '--auto-approve'], records.history), unanswered),
  },
  'wait over history': {
    mechanism: asked,
    does: 'the same',
    right: 'history is not believed, exit code 1',
    check: async () => expectOutcome(await ask(unreachable, ['wait', 'gone'], records.history), unanswered),
  },
  'show over history': {
    mechanism: asked,
    does: 'the same',
    right: 'history is not believed, exit code 1',
    check: async () => expectOutcome(await ask(unreachable, ['show', 'gone'], records.history), unanswered),
  },
  'exec in a worker': {
    mechanism: asked,
    does: 'the same',
    right: 'it is not said that the worker ended',
    check: async () => expectOutcome(await ask(unreachable, ['exec', 'gone', '--', 'true'], records.history), unanswered),
  },
  'destroy where only history knows the daemon': {
    mechanism: asked,
    does: 'nobody sets DOCKER_HOST, the default socket is not there, and the history names a worker of docker',
    right: 'an error, exit code 1',
    async check() {
      const { code, stderr } = await ask({}, ['destroy', 'gone', '--auto-approve'], records.history);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/the worker may live on docker, which could not be asked/)]);
    },
  },
  'list with DOCKER_HOST': {
    mechanism: asked,
    does: 'DOCKER_HOST names a socket that is not there',
    right: 'a marked line, and exit code 1',
    check: async () =>
      expectOutcome(await ask(unreachable, ['list']), {
        code: 1,
        stdout: /^No workers on the backends that answer; docker could not be asked\.\n$/,
        stderr: marked,
      }),
  },
  'list --json': {
    mechanism: asked,
    does: 'the same',
    right: 'a list, a marked line on standard error, and exit code 1',
    check: async () => expectOutcome(await ask(unreachable, ['list', '--json']), { code: 1, stdout: /^\[\]\n$/, stderr: marked }),
  },
  'list with a state of docker': {
    mechanism: asked,
    does: 'the default socket is not there, and a state here names a worker of docker',
    right: 'a marked line, and exit code 1',
    async check() {
      const { code, stderr } = await ask({}, ['list'], records.state);
      expect([code, stderr]).toEqual([1, expect.stringMatching(marked)]);
    },
  },
  gc: {
    mechanism: asked,
    does: 'DOCKER_HOST names a socket that is not there',
    right: 'a marked line, and exit code 1',
    check: async () =>
      expectOutcome(await ask(unreachable, ['gc'], noProcesses), {
        code: 1,
        stdout: /^Nothing is due on the backends that answer; docker could not be asked\.\n$/,
        stderr: marked,
      }),
  },
  'gc --json': {
    mechanism: asked,
    does: 'the same',
    right: 'the backend is in the result, and exit code 1',
    async check() {
      const { code, stdout } = await ask(unreachable, ['gc', '--json'], noProcesses);
      expect([code, JSON.parse(String(stdout))]).toEqual([
        1,
        {
          ...{ dry_run: false, workers: [], caches: [], tidied: [] },
          unreachable: [{ backend: 'docker', in_use: true, cause: expect.any(String) }],
        },
      ]);
    },
  },
  doctor: {
    mechanism: asked,
    does: 'the same',
    right: 'a problem, and exit code 1',
    check: async () =>
      expectOutcome(await ask(unreachable, ['doctor']), {
        code: 1,
        stdout: /^!! docker: is in use, and could not be asked: /m,
        stderr: '',
      }),
  },
  'a context that is not there': {
    mechanism: asked,
    does: 'DOCKER_CONTEXT names a context that is not there',
    right: 'a marked line, and exit code 1',
    check: async () =>
      expectOutcome(await ask({ env: { DOCKER_CONTEXT: 'nowhere' } }, ['list']), {
        code: 1,
        stdout: /docker could not be asked/,
        stderr: /^Error: docker could not be asked: there is no docker context named "nowhere"/,
      }),
  },
  'list, gc and doctor without Docker': {
    mechanism: byDefault,
    does: 'nobody sets DOCKER_HOST, and the default socket is not there',
    right: 'a note, and exit code 0',
    async check() {
      const one = await scene();
      await noProcesses(one);
      const results = await Promise.all([['list'], ['gc'], ['doctor']].map((args) => one.cli(args)));
      expect(results.map(({ code, stdout }) => [code, stdout])).toEqual([
        [0, 'No workers.\n'],
        [0, 'Nothing is due.\n'],
        [0, expect.stringMatching(/^-- docker: /m)],
      ]);
      for (const { stderr } of results.slice(0, 2)) expect(stderr).toMatch(/^docker is left out: .*\n$/);
    },
  },
  'an unknown name without Docker': {
    mechanism: byDefault,
    does: 'the same',
    right: 'the name is unknown, in words of the design',
    async check() {
      const { code, stderr } = await ask({}, ['wait', 'ci']);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^Error: ci: no worker named ci is running, or ended in the last 7 days\n/),
      ]);
    },
  },
});

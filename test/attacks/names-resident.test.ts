import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from 'vitest';
import { packTree } from '../../src/backends/shared/pack.js';
import { fakeDocker, type Scene, scene } from '../cli/scene.js';
import { must } from '../support/docker.js';
import type { FakeDocker } from '../support/fake-docker/index.js';
import { tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

const readable = 'why a worker ended is read from the keeper inside the daemon';
const bounded = 'what that keeper wrote is parsed, and bounded';

interface Stage {
  one: Scene;
  fake: FakeDocker;
}

const minute = 60_000;

/** An entry of the history, as a keeper writes it. */
const entry = (worker: string, more: Record<string, unknown> = {}) => ({
  worker,
  backend: 'docker',
  endpoint: 'unix:///var/run/docker.sock',
  reason: 'engine_ended',
  endedAt: Date.now() - minute,
  containers: [{ container: 'engine', status: 'exited', exitCode: 3, outOfMemory: false, lastLines: ['last words'] }],
  ...more,
});

/** A daemon with a container called mayfly-keeper that holds these files; it does not run. */
async function stage(files: (worker: string) => Record<string, string>, labels: Record<string, string> = { 'dev.mayfly.keeper': '0.1.0' }) {
  const fake = await fakeDocker();
  const one = await scene({ docker: fake });
  await must('POST', '/containers/create?name=mayfly-keeper', { Image: 'busybox:1', Labels: labels }, fake.socketPath);
  const root = join(await tempDir('keeper'), 'var');
  const history = join(root, 'lib', 'mayfly', 'history');
  await mkdir(history, { recursive: true });
  for (const [name, text] of Object.entries(files(one.name))) {
    const path = join(history, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  await new Promise<void>((resolve, reject) => {
    const put = request(
      {
        socketPath: fake.socketPath,
        method: 'PUT',
        path: '/v1.41/containers/mayfly-keeper/archive?path=/',
        headers: { 'content-type': 'application/x-tar' },
      },
      (reply) => reply.resume().once('end', () => (reply.statusCode === 200 ? resolve() : reject(new Error(`status ${reply.statusCode}`)))),
    );
    put.once('error', reject);
    packTree(root, 'var').then((tar) => pipeline(tar, put), reject);
  });
  return { one, fake };
}

/** The files of one entry. */
function file(content: ReturnType<typeof entry>): Record<string, string> {
  return { [`${content.worker}@${content.endedAt}.json`]: JSON.stringify(content) };
}

/** Nothing is known of the worker. */
async function unknown({ one }: Stage): Promise<void> {
  const { code, stderr } = await one.cli(['show', 'NAME']);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`no worker named ${one.name} is running, or ended in the last 7 days`)]);
}

attacks('names', {
  'the reason of an end': {
    mechanism: readable,
    does: 'the keeper inside the daemon ended the worker, and its client asks another day, another machine too',
    right: 'show, show --json, wait and destroy say why, with the exit code, and nothing is made',
    async check() {
      const { one, fake } = await stage((worker) => ({ ...file(entry(worker)), ...file(entry('another')) }));
      const before = fake.state.containers.size;
      expect(await one.must(['show', 'NAME'])).toMatch(
        /ended at \d\d:\d\d:\d\d: engine ended\n {2}engine: exit code 3\n {4}\| last words\n$/,
      );
      const { history } = JSON.parse(await one.must(['show', 'NAME', '--json'])) as { history: unknown[] };
      expect(history).toMatchObject([{ worker: one.name, reason: 'engine_ended', exitCode: 3, endpoint: fake.host }]);
      expect(await one.cli(['wait', 'NAME'])).toMatchObject({ code: 3, stdout: expect.stringMatching(/: engine ended\.\n$/) });
      expect(await one.must(['destroy', 'NAME', '--auto-approve'])).toBe(`${one.name} has already ended: engine ended.\n`);
      const { code, stderr } = await one.cli(['exec', 'NAME', '--', 'true']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('engine ended')]);
      expect(fake.state.containers.size).toBe(before);
    },
  },
  'the logs of an end': {
    mechanism: readable,
    does: 'the keeper inside the daemon stored the logs of a worker, and those of its earlier lives',
    right: 'logs prints those of the last life',
    async check() {
      const { one } = await stage((worker) => {
        const [last, earlier] = [entry(worker), entry(worker, { endedAt: Date.now() - 5 * minute })];
        const logsOf = ({ endedAt }: typeof last) => `../logs/${worker}@${endedAt}`;
        return {
          ...file(last),
          ...file(earlier),
          [`${logsOf(last)}/engine.log`]: 'last life\n',
          [`${logsOf(last)}/db.log`]: 'ready\n',
          [`${logsOf(earlier)}/engine.log`]: 'earlier life\n',
        };
      });
      expect([await one.must(['logs', 'NAME']), await one.must(['logs', 'NAME', 'db'])]).toEqual(['last life\n', 'ready\n']);
      const { code, stderr } = await one.cli(['logs', 'NAME', 'none']);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/choose one of db, engine|choose one of engine, db/)]);
    },
  },
  'its time was up': {
    mechanism: readable,
    does: 'the keeper inside the daemon ended it in time',
    right: 'wait exits with 124',
    async check() {
      const { one } = await stage((worker) => file(entry(worker, { reason: 'expired' })));
      expect(await one.cli(['wait', 'NAME'])).toMatchObject({ code: 124, stdout: expect.stringMatching(/: expired\.\n$/) });
    },
  },
  'a container that only has the name': {
    mechanism: bounded,
    does: 'a container called mayfly-keeper without the label holds a history',
    right: 'it is not read',
    check: async () => unknown(await stage((worker) => file(entry(worker)), {})),
  },
  'entries that are none': {
    mechanism: bounded,
    does: 'files that are cut short, of another worker, time, backend or reason, too old, too large, or with numbers that are none',
    right: 'they are left out',
    check: async () =>
      unknown(
        await stage((worker) => {
          const at = Date.now() - minute;
          const name = (index: number) => `${worker}@${at - index}.json`;
          const old = entry(worker, { endedAt: Date.now() - 8 * 24 * 60 * minute });
          return {
            [name(0)]: '{"worker":"',
            [name(1)]: JSON.stringify(entry('another', { endedAt: at - 1 })),
            [name(2)]: JSON.stringify(entry(worker, { endedAt: at })),
            [name(3)]: JSON.stringify(entry(worker, { endedAt: at - 3, backend: 'process' })),
            [name(4)]: JSON.stringify(entry(worker, { endedAt: at - 4, reason: 'constructor' })),
            [name(5)]: JSON.stringify(entry(worker, { endedAt: at - 5, containers: [{ container: 'engine', exitCode: 1e9 }] })),
            [name(6)]: JSON.stringify(entry(worker, { endedAt: at - 6, detail: 'x'.repeat(300_000) })),
            [`${worker}@../../x.json`.replaceAll('/', '_')]: '{}',
            ...file(old),
          };
        }),
      ),
  },
  'texts for a terminal': {
    mechanism: bounded,
    does: 'last lines with escape codes',
    right: 'they are shown without',
    async check() {
      const lines = { container: 'engine', status: 'exited', exitCode: 3, outOfMemory: false, lastLines: ['\x1b[2Jgone\x07'] };
      const { one } = await stage((worker) => file(entry(worker, { containers: [lines] })));
      expect(await one.must(['show', 'NAME'])).toContain('| \ufffd[2Jgone\ufffd\n');
    },
  },
});

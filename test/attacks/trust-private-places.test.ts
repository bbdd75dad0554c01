import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { makeReady } from '../../src/apply/terraform/ready-directory.js';
import type { Cli } from '../../src/apply/terraform/cli.js';
import { execSockets } from '../../src/backends/docker/exec-sockets.js';
import { daemonDirectory } from '../../src/backends/docker/exec-place.js';
import type { HttpClient } from '../../src/backends/docker/http-client.js';
import { systemClock } from '../../src/clock.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { mustRunCli } from '../support/run-cli.js';
import { scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { attacks } from './attacks.js';

/** A user that no machine has. */
const stranger = 54321;

/** A worker of local processes, with a state directory that everybody may write to: the user named it. */
async function shared() {
  const one = await scene({ spec: specs.process() });
  chmodSync(one.machine.stateDir, 0o777);
  chownSync(one.machine.stateDir, stranger, stranger);
  return { ...one, state: (...path: string[]) => join(one.machine.stateDir, ...path) };
}

/** A keeper that says it watches, and hears all. */
async function fakeKeeper(path: string, uid: number, mode: number) {
  const heard: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    heard.push('a connection');
    socket.on('data', () => socket.write('{"ok":true,"pid":4242}\n'));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  afterTest(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  chmodSync(path, mode);
  chownSync(path, uid, uid);
  return heard;
}

const apply = ['apply', 'SPEC', '--auto-approve'];
const mode = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

/** Another user makes a directory of the state directory before mayfly does. */
const firstMadeDirectory = (name: string) => async () => {
  const one = await shared();
  mkdirSync(one.state(name));
  chmodSync(one.state(name), 0o777);
  chownSync(one.state(name), stranger, stranger);
  const { code, stderr } = await one.cli(apply);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`${name}: belongs to user ${stranger}, but mayfly runs as user 0`) as string]);
  expect(stderr).toContain('remove it, or set MAYFLY_STATE_DIR to a directory of your own');
  expect(stderr).not.toMatch(/bug in mayfly/);
  expect(await one.left()).toEqual([]);
};

attacks(
  'trust: places made first by another user',
  {
    'a keeper played by another user': {
      mechanism: "a socket's owner is checked on the descriptor that is connected to",
      does: 'listens at keeper.sock of a shared state directory and answers "armed"',
      right: 'apply refuses, makes nothing, and has not connected',
      async check() {
        const one = await shared();
        const heard = await fakeKeeper(one.state('keeper.sock'), stranger, 0o777);
        const { code, stderr } = await one.cli(apply);
        expect(code).toBe(1);
        expect(stderr).toContain(`keeper.sock: belongs to user ${stranger}, but mayfly runs as user 0`);
        expect((await one.cli(['list'])).code).toBe(0);
        expect([heard, await one.left()]).toEqual([[], []]);
      },
    },
    'a socket of ours that all may connect to': {
      mechanism: "a socket's mode is checked on the descriptor that is connected to",
      does: 'has a keeper.sock of mode 0666',
      right: 'apply refuses and has not connected',
      async check() {
        const one = await shared();
        const heard = await fakeKeeper(one.state('keeper.sock'), 0, 0o666);
        const { code, stderr } = await one.cli(apply);
        expect([code, stderr]).toEqual([1, expect.stringContaining('keeper.sock: is open to other users') as string]);
        expect(heard).toEqual([]);
      },
    },
    'a link to a socket': {
      mechanism: 'no link is followed',
      does: 'makes keeper.sock a link to a socket of its own',
      right: 'apply refuses and has not connected to it',
      async check() {
        const one = await shared();
        const elsewhere = join(await tempDir('elsewhere'), 'its.sock');
        const heard = await fakeKeeper(elsewhere, 0, 0o600);
        symlinkSync(elsewhere, one.state('keeper.sock'));
        const { code, stderr } = await one.cli(apply);
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining('keeper.sock: is a symbolic link, which could lead to a place of another user') as string,
        ]);
        expect(heard).toEqual([]);
      },
    },
    ...Object.fromEntries(
      ['workers', 'locks'].map((name) => [
        `${name}/ made first by another user`,
        {
          mechanism: 'each directory of ours below the named one is checked',
          does: `makes ${name}/ 0777 in a shared state directory`,
          right: 'apply refuses with a sentence that names it and its owner',
          check: firstMadeDirectory(name),
        },
      ]),
    ),
    'a directory that is a link': {
      mechanism: 'each directory of ours below the named one is checked',
      does: 'makes workers/ a link to a directory of the victim',
      right: 'apply refuses, and nothing is written there',
      async check() {
        const one = await shared();
        const victim = await tempDir('victim');
        symlinkSync(victim, one.state('workers'));
        const { code, stderr } = await one.cli(apply);
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining('workers: is a symbolic link, which could lead to a place of another user') as string,
        ]);
        expect(readdirSync(victim)).toEqual([]);
      },
    },
    'a watch list of another user': {
      mechanism: 'files of another user are not read',
      does: 'leaves keeper-watch.json with a DOCKER_HOST of its own for the keeper of root',
      right: 'the keeper starts and does not connect to that daemon',
      async check() {
        const one = await shared();
        const heard = await fakeKeeper(one.state('fake-docker.sock'), 0, 0o600);
        const env = { DOCKER_HOST: `unix://${one.state('fake-docker.sock')}`, HOME: '/root' };
        const request = { backend: 'docker', endpoint: env.DOCKER_HOST, env };
        writeFileSync(one.state('keeper-watch.json'), JSON.stringify([request]));
        chownSync(one.state('keeper-watch.json'), stranger, stranger);
        await one.must(apply);
        expect(heard).toEqual([]);
        await one.must(['destroy', 'NAME', '--auto-approve']);
      },
    },
    'a log that is a link': {
      mechanism: 'files of ours are never opened through a link',
      does: 'makes keeper.log a link to a file of the victim',
      right: 'nothing is appended there',
      async check() {
        const one = await shared();
        const victim = join(await tempDir('victim'), 'authorized_keys');
        writeFileSync(victim, 'mine');
        symlinkSync(victim, one.state('keeper.log'));
        const { code, stderr } = await one.cli(apply);
        expect([code, await readFile(victim, 'utf8')]).toEqual([1, 'mine']);
        expect(stderr).toContain('keeper.log: is a symbolic link, which could lead to a place of another user');
      },
    },
    'a umask that hides nothing, in a named directory of another user': {
      mechanism: 'modes are given whatever the umask',
      does: 'applies with umask 000 in a state directory that belongs to another user and is 0777',
      right: 'the worker is made; directories are 0700, socket, log and state 0600, and nothing is in $TMPDIR',
      async check() {
        const one = await shared();
        const temporary = await tempDir('tmp');
        // A path that is too long for a socket's address.
        const stateDir = one.state('x'.repeat(120), 'y'.repeat(120));
        const env = { MAYFLY_STATE_DIR: stateDir, TMPDIR: temporary };
        const machine = { ...one.machine, stateDir };
        const before = process.umask(0);
        try {
          await one.must(apply, { env, machine });
        } finally {
          process.umask(before);
        }
        const modes = Object.fromEntries(
          ['', 'workers', 'workers/process', `workers/process/${one.name}`, 'locks', 'keeper.sock', 'keeper.log', 'keeper-watch.json'].map(
            (name) => [name.replace(one.name, 'NAME'), mode(join(stateDir, name))],
          ),
        );
        expect(modes).toEqual({
          '': '700',
          workers: '700',
          'workers/process': '700',
          'workers/process/NAME': '700',
          locks: '700',
          'keeper.sock': '600',
          'keeper.log': '600',
          'keeper-watch.json': '600',
        });
        expect(mode(join(stateDir, 'workers/process', one.name, 'terraform.tfstate'))).toBe('600');
        expect(readdirSync(temporary)).toEqual([]);
        await one.must(['destroy', 'NAME', '--auto-approve'], { env, machine });
      },
    },
    'the place of engines’ sockets': {
      mechanism: 'each directory of ours below the named one is checked',
      does: 'makes /tmp/mayfly-run-<uid> first, with a link from it to the home of the victim',
      right: 'no socket is served there, and what is forgotten there is not removed',
      async check() {
        const root = await tempDir('run');
        const [execRoot, victim] = [join(root, 'mayfly-run-0'), join(root, 'home')];
        const daemon = { ID: 'daemon', DockerRootDir: '/data' };
        const endpoint = { local: true, socketPath: null } as Parameters<typeof execSockets>[0]['endpoint'];
        const place = join(daemonDirectory(execRoot, daemon, endpoint), 'ci');
        mkdirSync(join(victim, 'ci'), { recursive: true });
        mkdirSync(execRoot);
        symlinkSync(victim, dirname(place));
        const http = { json: () => Promise.resolve(daemon) } as unknown as HttpClient;
        const sockets = execSockets({ http, endpoint, clock: { ...systemClock, now: () => Date.now() + 7200_000 }, execRoot });
        const log = { warn: () => {} };
        const refusals = [];
        for (const how of [
          () => chownSync(execRoot, stranger, stranger),
          () => chownSync(execRoot, 0, 0),
          () => chmodSync(execRoot, 0o755),
        ]) {
          how();
          refusals.push(await sockets.serve('ci', place, log).catch((error: Error) => error.message));
          await sockets.forget(place);
          await sockets.sweep(new Set());
        }
        expect(refusals).toEqual([
          `belongs to user ${stranger}, but mayfly runs as user 0`,
          'is open to other users',
          'is open to other users',
        ]);
        chmodSync(execRoot, 0o700);
        await expect(sockets.serve('ci', place, log)).rejects.toThrow('is a symbolic link, which could lead to a place of another user');
        await sockets.forget(place);
        expect(existsSync(join(victim, 'ci'))).toBe(true);
      },
    },
    'compiled code of another user': {
      mechanism: 'files of another user are not read, and nothing is removed below their directories',
      does: "makes the cache's mayfly/ first, with code/ a link to the victim's home",
      right: 'the command works, and an old directory in that home stays',
      async check() {
        const root = await tempDir('cache');
        const [cache, victim] = [join(root, 'cache'), join(root, 'home')];
        mkdirSync(join(victim, 'old'), { recursive: true });
        utimesSync(join(victim, 'old'), 0, 0);
        mkdirSync(join(cache, 'mayfly'), { recursive: true });
        symlinkSync(victim, join(cache, 'mayfly', 'code'));
        chownSync(join(cache, 'mayfly'), stranger, stranger);
        await mustRunCli(['list'], { env: { XDG_CACHE_HOME: cache } });
        expect(readdirSync(victim)).toEqual(['old']);
        // What it would have read is ours again, and still nobody else's is believed.
        const own = join(root, 'own');
        await mustRunCli(['list'], { env: { XDG_CACHE_HOME: own } });
        const [version] = readdirSync(join(own, 'mayfly/code'));
        const kept = join(own, 'mayfly/code', version!, 'list.bin');
        chownSync(kept, stranger, stranger);
        await mustRunCli(['list'], { env: { XDG_CACHE_HOME: own } });
        // Compiled anew, and stored in its place.
        expect(statSync(kept).uid).toBe(0);
      },
    },
    "a provider of another user's": {
      mechanism: 'each directory of ours below the named one is checked',
      does: "makes the cache's mayfly/terraform/ first, to put its own provider there",
      right: 'the terraform applier refuses',
      async check() {
        const root = await tempDir('plugins');
        mkdirSync(join(root, 'mayfly', 'terraform'), { recursive: true });
        chownSync(join(root, 'mayfly', 'terraform'), stranger, stranger);
        const cli = { product: 'terraform', version: () => Promise.resolve('1.0.0') } as unknown as Cli;
        const options = { cli, cacheDir: join(root, 'mayfly'), clock: systemClock, worker: 'ci', run: {} as never };
        await expect(makeReady(root, { terraform: {} } as never, options)).rejects.toMatchObject({
          code: 'state_unreadable',
          message: `belongs to user ${stranger}, but mayfly runs as user 0`,
          remedy: 'remove it, or set XDG_CACHE_HOME to a directory of your own',
        });
      },
    },
  },
  // Files are given to another user.
  { unless: process.getuid?.() !== 0 || process.platform !== 'linux' },
);

import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cancelOn } from '../../src/backends/shared/cancel.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { CommandSettings, Streams } from '../../src/backends/ports/sessions.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { containerStates } from '../../src/backends/ports/containers.js';
import { packTree } from '../../src/backends/shared/pack.js';
import { unpackTree } from '../../src/backends/shared/unpack.js';
import type { Variables } from '../../src/plan/stack.js';
import type { ContainerSpec, WorkerSpec } from '../../src/spec/worker-spec.js';
import { describeTree } from '../support/tree.js';
import { tempDir } from '../support/temp-dir.js';
import { removeWhole, stopWhole } from '../support/whole.js';
import { plainEngine } from '../support/as-image.js';

/** A backend that can be reached, and how workers are made on it without an applier. */
export interface BackendSubject {
  backend: Backend;
  /** A spec that it has to accept. */
  fitting: WorkerSpec;
  /** Tells the workers of this run from others on the same backend. */
  workerName(suffix: string): string;
  /**
   * Makes and starts a worker: the engine (no port), a container `build` and a volume `work`. The engine writes the lines
   * `line 1` … `line 30` to its output and goes on; its environment holds the `variables`, and both have `GREETING=hello`.
   */
  make(worker: string, variables: Variables): Promise<void>;
  /** Makes and starts one more container of such a worker. */
  add(worker: string, name: string, command: string[], once: boolean): Promise<void>;
  /** Something that looks like a part of this worker and isn't ours. */
  plantLookalike(worker: string): Promise<{ intact(): Promise<boolean> }>;
  /** Kills a container as the kernel does. */
  kill?(worker: string, container: string): Promise<void>;
  close(): Promise<void>;
}

/** A writable stream and what was written to it. */
export function collector(): { stream: PassThrough; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

/** Asks until the answer is yes; fails after `ms`. */
export async function eventually(what: string, ask: () => Promise<boolean> | boolean, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const variables: Variables = { remote_key: 'r$e"m ote', self_key: 'self', run_id: 'run-1', group_id: 'group-1' };

/** What leases, commands and the keeper rely on in every backend. */
export function backendContract(title: string, open: () => Promise<BackendSubject>): void {
  describe(`backend contract: ${title}`, () => {
    let subject: BackendSubject;
    let backend: Backend;
    let worker: string;
    const never = new AbortController().signal;

    beforeEach(async () => {
      subject = await open();
      backend = subject.backend;
      worker = subject.workerName('one');
    });
    afterEach(async () => {
      for (const suffix of ['one', 'two']) await removeWhole(backend, subject.workerName(suffix));
      await subject.close();
    });

    const exec = async (command: string[], stdin: string | null = null, container = 'build', settings: CommandSettings = {}) => {
      const [stdout, stderr] = [collector(), collector()];
      const streams: Streams = { stdin: stdin === null ? null : Readable.from([stdin]), stdout: stdout.stream, stderr: stderr.stream };
      const code = await backend.sessions!.exec(worker, container, { ...settings, command, streams, cancel: cancelOn(never) });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    };

    test('accepts what fits it', async () => {
      const offer = await backend.offer(subject.fitting);
      expect(offer.reasons).toEqual([]);
      expect(offer).toMatchObject({ accepted: true, backend: backend.name, endpoint: backend.endpoint });
      expect(offer.facts.addresses.length).toBeGreaterThan(0);
      expect(offer.title).toMatch(/\S/);
    });

    test('refuses more than the host has, with a reason', async () => {
      const offer = await backend.offer({ ...subject.fitting, cpu: 10_000_000 });
      expect(offer.accepted).toBe(false);
      expect(offer.reasons).toHaveLength(1);
    });

    test('lists a worker by name, and all', async () => {
      await subject.make(worker, variables);
      const mine = await backend.list(worker);
      expect(mine.map(({ worker: owner }) => owner)).toEqual(mine.map(() => worker));
      const addresses = mine.map(({ address }) => address.replace(/^[a-z]+_/, '')).sort();
      expect(addresses).toEqual(
        expect.arrayContaining([expect.stringMatching(/\.build$/), expect.stringMatching(/\.engine$/), expect.stringMatching(/\.work$/)]),
      );
      for (const { labels, createdAt, address, type } of mine) {
        expect(labels).toMatchObject({ worker, address, lifetime: expect.any(Number) as number });
        expect(address.startsWith(`${type}.`)).toBe(true);
        expect(Math.abs(createdAt - Date.now() - (await backend.clockSkew()))).toBeLessThan(60_000);
      }
      const all = await backend.list();
      expect(all).toEqual(expect.arrayContaining(mine.map(({ id, type }) => expect.objectContaining({ id, type }))));
      expect(await backend.list(subject.workerName('none'))).toEqual([]);
    });

    test('the newest lease counts, and older ones go', async () => {
      await subject.make(worker, variables);
      const terms = { lifetime: 3600, maxLifetime: 7200, maxDuration: 1800 };
      for (const ends of [2_000_000_000, 2_000_000_100, 2_000_000_050]) await backend.writeLease(worker, terms, ends);
      const leases = (await backend.list(worker)).filter(({ type }) => type === 'lease');
      expect(leases).toHaveLength(1);
      expect(leases[0]).toMatchObject({ worker, lease: { ends: 2_000_000_050 } });
      expect(leases[0]?.address).toBe('');
      expect(leaseNumber(leases[0])).toBeGreaterThanOrEqual(3);
    });

    test('ends a worker whole, again with success, and nothing else', async () => {
      const other = subject.workerName('two');
      await subject.make(worker, variables);
      await subject.make(other, variables);
      await backend.writeLease(worker, {}, 2_000_000_000);
      const lookalike = await subject.plantLookalike(worker);
      await removeWhole(backend, worker);
      expect(await backend.list(worker)).toEqual([]);
      await removeWhole(backend, worker);
      expect((await backend.list(other)).length).toBeGreaterThanOrEqual(3);
      expect(await lookalike.intact()).toBe(true);
    });

    test('two may end it at the same time', async () => {
      await subject.make(worker, variables);
      await Promise.all([removeWhole(backend, worker), removeWhole(backend, worker), removeWhole(backend, worker)]);
      expect(await backend.list(worker)).toEqual([]);
    });

    test('stops what runs and leaves it, with what it said and how it was doing', async () => {
      await subject.make(worker, variables);
      const engine = async (known?: OwnedObject[]) => (await backend.report(worker, known)).find(({ container }) => container === 'engine');
      await eventually('all lines', async () => (await engine())?.lastLines.at(-1) === 'line 30');
      const known = await backend.list(worker);
      const stopped = await backend.stop(worker, known);
      expect(stopped.filter(({ status }) => status === 'running')).toEqual([]);
      const after = await backend.list(worker);
      expect(after.map(({ address }) => address).sort()).toEqual(known.map(({ address }) => address).sort());
      expect(after.filter(({ status }) => status === 'running')).toEqual([]);
      expect(await engine(known)).toMatchObject({ status: 'running', exitCode: null });
      expect((await engine(known))?.lastLines).toContain('line 30');
      expect(await engine()).toMatchObject({ status: 'exited' });
      await stopWhole(backend, worker);
    });

    test('tells when something ends', async () => {
      await subject.make(worker, variables);
      const changed = backend.changed!(never);
      // It listens by the time this is answered.
      await exec(['true']);
      await stopWhole(backend, worker);
      await changed;
    });

    test('recovers the variables of a running worker', async () => {
      expect(await backend.recoverVariables(worker)).toBeNull();
      await subject.make(worker, variables);
      expect(await backend.recoverVariables(worker)).toEqual(variables);
    });

    test('is ready when all runs and the engine has no port', async () => {
      await subject.make(worker, variables);
      const engine = plainEngine;
      await eventually('ready', async () => (await backend.readiness(worker, { engine })).ready);
      expect(await backend.readiness(worker, { engine })).toEqual({ ready: true, waiting: [], failed: null });
    });

    describe('containers that end', () => {
      const service = (name: string, once: boolean) => ({ name, once, command: null, healthcheck: null }) as unknown as ContainerSpec;
      const batch = { port: null, healthcheck: null } as unknown as WorkerSpec['engine'];
      /** What a look makes of a service that ends with a code, once it has ended. */
      const endsWith = async (exitCode: number, once: boolean) => {
        await subject.make(worker, variables);
        await subject.add(worker, 'job', ['sh', '-c', `exit ${exitCode}`], once);
        const states = async () => containerStates(await backend.list(worker), ['engine', 'build', 'job', 'gone']);
        await eventually('it ended', async () => (await states()).some((one) => one.container === 'job' && one.exitCode === exitCode));
        const readiness = () => backend.readiness(worker, { engine: batch, containers: [], service_containers: [service('job', once)] });
        await eventually('the others run', async () => (await readiness()).waiting.length === 0);
        const [engine, build, gone, job] = await states();
        expect([engine, build, gone]).toEqual([
          { container: 'engine', status: 'running', exitCode: null },
          { container: 'build', status: 'running', exitCode: null },
          { container: 'gone', status: 'missing', exitCode: null },
        ]);
        return { job, readiness: await readiness() };
      };

      for (const exitCode of [0, 3]) {
        test(`a service that ends with ${exitCode} is a failure`, async () => {
          expect(await endsWith(exitCode, false)).toMatchObject({
            job: { container: 'job', status: 'exited', exitCode },
            readiness: { ready: false, failed: { container: 'job', reason: `ended with exit code ${exitCode}` } },
          });
        });
      }

      test('one that is meant to end is done with 0', async () => {
        expect(await endsWith(0, true)).toMatchObject({
          job: { container: 'job', status: 'done', exitCode: 0 },
          readiness: { ready: true, waiting: [], failed: null },
        });
      });

      test('one that is meant to end is a failure with any other code', async () => {
        expect(await endsWith(3, true)).toMatchObject({
          job: { container: 'job', status: 'exited', exitCode: 3 },
          readiness: { ready: false, failed: { container: 'job', reason: 'ended with exit code 3' } },
        });
      });

      test('one that is meant to end is waited for', async () => {
        await subject.make(worker, variables);
        await subject.add(worker, 'job', ['sh', '-c', 'sleep 1000'], true);
        const readiness = () => backend.readiness(worker, { engine: batch, containers: [], service_containers: [service('job', true)] });
        await eventually('all run', async () => (await readiness()).waiting.map((one) => one.for).join() === 'its end');
        expect(await readiness()).toMatchObject({ ready: false, waiting: [{ container: 'job', for: 'its end' }], failed: null });
      });
    });

    test('reports status and the last 20 lines', async () => {
      await subject.make(worker, variables);
      const engine = async () => (await backend.report(worker)).find(({ container }) => container === 'engine');
      await eventually('all lines', async () => (await engine())?.lastLines.at(-1) === 'line 30');
      expect(await engine()).toMatchObject({ status: 'running', exitCode: null, outOfMemory: false });
      expect((await engine())?.lastLines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
    });

    test('exec: exact exit codes', async () => {
      await subject.make(worker, variables);
      expect(await exec(['sh', '-c', 'exit 0'])).toMatchObject({ code: 0 });
      expect(await exec(['sh', '-c', 'exit 37'])).toMatchObject({ code: 37 });
      expect(await exec(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ code: 137 });
    });

    test('exec: streams apart, stdin through, environment of the container', async () => {
      await subject.make(worker, variables);
      const result = await exec(['sh', '-c', 'cat; echo "$GREETING" >&2'], 'from stdin\n');
      expect(result).toEqual({ code: 0, stdout: 'from stdin\n', stderr: 'hello\n' });
    });

    test('a fresh container of a stopped one has its environment, and is no container of the worker', async () => {
      await subject.make(worker, variables);
      const { fresh } = backend.sessions!;
      expect(fresh === null).toBe(backend.capabilities.fresh.how === 'refused');
      if (fresh === null) return;
      await backend.stop(worker, await backend.list(worker));
      const ids = async () => (await backend.list(worker)).map(({ id }) => id).sort();
      const stopped = await ids();
      const one = await fresh(worker, 'build');
      const run = async (...command: string[]) => {
        const stdout = collector();
        const streams: Streams = { stdin: null, stdout: stdout.stream, stderr: collector().stream };
        return { code: await one.exec({ command, streams, cancel: cancelOn(never) }), stdout: stdout.text() };
      };
      expect(await run('sh', '-c', 'echo "$OWN$GREETING"')).toEqual({ code: 0, stdout: 'hello\n' });
      expect(await run('sh', '-c', 'exit 37')).toEqual({ code: 37, stdout: '' });
      const objects = await backend.list(worker);
      expect(objects.find(({ id }) => id === one.id)).toMatchObject({ worker, status: 'running', containers: [] });
      const reported = (await backend.report(worker, objects)).map(({ container }) => container);
      expect(reported.sort()).toEqual((await backend.report(worker)).map(({ container }) => container).sort());
      await one.remove();
      await one.remove();
      expect(await ids()).toEqual(stopped);
    });

    test('exec: variables in addition to those of the container', async () => {
      await subject.make(worker, variables);
      const env = { OWN: "it's $x\nand more", GREETING: 'changed' };
      const result = await exec(['sh', '-c', 'echo "$OWN $GREETING"'], null, 'build', { env });
      expect(result).toEqual({ code: 0, stdout: "it's $x\nand more changed\n", stderr: '' });
      expect(await exec(['sh', '-c', 'echo "$OWN$GREETING"'])).toMatchObject({ stdout: 'hello\n' });
    });

    test('exec: a command that is not there is 127 and says so', async () => {
      await subject.make(worker, variables);
      const result = await exec(['no-such-command-anywhere']);
      expect(result.code).toBe(127);
      expect(result.stderr + result.stdout).toContain('no-such-command-anywhere');
    });

    test('exec: much output comes whole', async () => {
      await subject.make(worker, variables);
      const { stdout } = await exec([
        'sh',
        '-c',
        'i=0; while [ $i -lt 20000 ]; do echo "0123456789012345678901234567890123456789"; i=$((i+1)); done',
      ]);
      expect(stdout.length).toBe(20000 * 41);
    });

    test('exec and logs: an unknown container is an error', async () => {
      await subject.make(worker, variables);
      await expect(exec(['true'], null, 'nobody')).rejects.toMatchObject({ code: 'container_unknown' });
      const streams = { stdout: collector().stream, stderr: collector().stream };
      await expect(backend.logs(worker, 'nobody', { follow: false, tail: null, since: null }, streams, never)).rejects.toMatchObject({
        code: 'container_unknown',
      });
    });

    test('logs: all, the last ones, and those to come', async () => {
      await subject.make(worker, variables);
      const read = async (tail: number | null) => {
        const out = collector();
        await backend.logs(worker, 'engine', { follow: false, tail, since: null }, { stdout: out.stream, stderr: out.stream }, never);
        return out.text();
      };
      await eventually('all lines', async () => (await read(null)).includes('line 30'));
      expect((await read(null)).trim().split('\n')).toHaveLength(30);
      expect(await read(2)).toBe('line 29\nline 30\n');
      const [out, stop] = [collector(), new AbortController()];
      const following = backend.logs(
        worker,
        'engine',
        { follow: true, tail: 1, since: null },
        { stdout: out.stream, stderr: out.stream },
        stop.signal,
      );
      await eventually('the last line', () => out.text() === 'line 30\n');
      await removeWhole(backend, worker);
      await Promise.race([following, eventually('the end of the log', () => false, 5000)]);
      stop.abort();
    });

    test('logs: since before it was made, since now, and what comes after', async () => {
      const now = async () => Date.now() + (await backend.clockSkew());
      const before = (await now()) - 60_000;
      await subject.make(worker, variables);
      const read = async (since: number, tail: number | null = null) => {
        const [out, err] = [collector(), collector()];
        await backend.logs(worker, 'engine', { follow: false, tail, since }, { stdout: out.stream, stderr: err.stream }, never);
        return out.text() + err.text();
      };
      await eventually('all lines', async () => (await read(before)).includes('line 30'));
      expect((await read(before)).trim().split('\n')).toHaveLength(30);
      expect(await read(before, 2)).toBe('line 29\nline 30\n');
      // A line and a moment of the same millisecond can't be told apart.
      const written = await now();
      await eventually('a later moment', async () => (await now()) > written + 20);
      expect(await read(await now())).toBe('');
      const [out, stop] = [collector(), new AbortController()];
      const since = await now();
      const following = backend.logs(
        worker,
        'engine',
        { follow: true, tail: null, since },
        { stdout: out.stream, stderr: out.stream },
        stop.signal,
      );
      await removeWhole(backend, worker);
      await Promise.race([following, eventually('the end of the log', () => false, 5000)]);
      stop.abort();
      // What a shell says when it is ended comes after.
      expect(out.text()).not.toContain('line');
    });

    describe('files', () => {
      test('a tree goes in and comes out as it was', async () => {
        await subject.make(worker, variables);
        const files = await backend.sessions!.files(worker, 'build');
        const [there, back] = [await tempDir('there'), await tempDir('back')];
        await mkdir(join(there, 'sub', 'empty'), { recursive: true });
        await writeFile(join(there, 'run.sh'), '#!/bin/sh\n');
        await chmod(join(there, 'run.sh'), 0o755);
        await writeFile(join(there, 'sub', 'own'), 'secret');
        await chmod(join(there, 'sub', 'own'), 0o600);
        await writeFile(join(there, 'sub', 'big'), Buffer.alloc(3_000_000, 'x'));
        await chmod(join(there, 'sub', 'big'), 0o666);
        await symlink('../run.sh', join(there, 'sub', 'link'));
        expect(await files.stat('/tree', never)).toBeNull();
        await files.write('/', await packTree(there, 'tree'), never);
        expect(await files.stat('/tree', never)).toEqual({ path: '/tree', directory: true });
        expect(await files.stat('tree/sub/.', never)).toEqual({ path: '/tree/sub', directory: true });
        expect(await files.stat('/tree/sub/link', never)).toEqual({ path: '/tree/run.sh', directory: false });
        expect(await files.stat('/tree/../../../../etc/shadow-of-nobody', never)).toBeNull();
        await unpackTree(await files.read('/tree', never), back, 'copy', never);
        expect(await describeTree(join(back, 'copy'))).toEqual(await describeTree(there));
        await unpackTree(await files.read('/tree/run.sh', never), back, null, never);
        expect(await readFile(join(back, 'run.sh'), 'utf8')).toBe('#!/bin/sh\n');
      });

      test('what is there already is merged and overwritten; what is no tar is refused', async () => {
        await subject.make(worker, variables);
        const files = await backend.sessions!.files(worker, 'engine');
        const there = await tempDir('there');
        const put = async (name: string, content: string, as: string) => {
          await rm(there, { recursive: true });
          await mkdir(there);
          await writeFile(join(there, name), content);
          await files.write('/', await packTree(there, as), never);
        };
        await put('a', 'one', 'tree');
        await put('b', 'two', 'tree');
        await put('a', 'three', 'tree');
        const back = await tempDir('back');
        await unpackTree(await files.read('/tree', never), back, '.', never);
        expect(await readFile(join(back, 'a'), 'utf8')).toBe('three');
        expect(await readFile(join(back, 'b'), 'utf8')).toBe('two');
        await expect(files.write('/', Readable.from([Buffer.alloc(4096, 'no tar')]), never)).rejects.toMatchObject({ name: 'MayflyError' });
        await expect(files.read('/tree/nothing', never).then((tar) => unpackTree(tar, back, null, never))).rejects.toThrow();
      });

      test('staged files get their place together, join what is there, and leave nothing behind', async () => {
        await subject.make(worker, variables);
        const files = await backend.sessions!.files(worker, 'build');
        const [there, back] = [await tempDir('there'), await tempDir('back')];
        await mkdir(join(there, "a 'b", '.hidden'), { recursive: true });
        await writeFile(join(there, "a 'b", 'file'), 'one', { mode: 0o755 });
        await symlink('file', join(there, "a 'b", '.link'));
        await symlink("a 'b", join(there, 'current'));
        await files.write('/', await packTree(there, 'tree'), never);
        await rm(join(there, 'current'));
        await symlink("a 'b/.hidden", join(there, 'current'));
        await writeFile(join(there, "a 'b", 'file'), 'two');
        await writeFile(join(there, "a 'b", 'new'), '');
        const stage = async () => {
          const staging = await files.stage('/tree', never);
          await staging.write(await packTree(there, 'other'), never);
          return staging;
        };
        const staging = await stage();
        await unpackTree(await staging.read('other', never), back, 'staged', never);
        await expect(staging.place('other', "/tree/a 'b/file", never)).rejects.toMatchObject({
          code: 'copy_failed',
          message: expect.stringMatching(/is a file, which a copy would replace$/) as string,
        });
        await staging.place('other', '/tree', never);
        await staging.remove(never);
        await unpackTree(await files.read('/tree', never), back, 'placed', never);
        expect(await describeTree(join(back, 'staged'))).toEqual(await describeTree(there));
        expect(await describeTree(join(back, 'placed'))).toEqual(await describeTree(there));

        await rm(join(there, "a 'b", '.link'));
        await writeFile(join(there, "a 'b", '.link'), 'a file now');
        const over = await stage();
        await over.place("other/a 'b/.hidden", '/tree/moved', never);
        await expect(over.place('other', '/tree', never)).rejects.toMatchObject({
          message: expect.stringMatching(/is a link, which a copy would replace$/) as string,
        });
        await expect(over.place("other/a 'b/file", '/tree/current', never)).rejects.toMatchObject({
          message: expect.stringMatching(/is a link, which a copy would replace$/) as string,
        });
        await over.remove(never);
        expect(await files.stat('/tree/moved', never)).toEqual({ path: '/tree/moved', directory: true });
      });
    });

    test('tells its clock from ours in milliseconds', async () => {
      expect(Number.isFinite(await backend.clockSkew())).toBe(true);
    });
  });
}

function leaseNumber(lease: OwnedObject | undefined): number {
  return Number(/lease-(\d+)$/.exec(lease?.name ?? '')?.[1]);
}

import { readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandSettings } from '../../../src/backends/ports/sessions.js';
import { cancelOn } from '../../../src/backends/shared/cancel.js';
import { collector, eventually } from '../../contract/backend.js';
import { quietContext } from '../../contract/context.js';
import { makeVolume, openPlace, type Place, processAttributes, run } from './support.js';
import { removeWhole } from '../../support/whole.js';

let place: Place;
beforeEach(() => {
  process.env['MAYFLY_TEST_SECRET'] = 'of the caller';
  place = openPlace({ env: { PATH: process.env['PATH'], CALLER: 'secret of the caller' } });
});
afterEach(async () => {
  delete process.env['MAYFLY_TEST_SECRET'];
  await place.close();
});

const log = async (name: string) => {
  const out = collector();
  await place.backend.logs(
    'one',
    name,
    { follow: true, tail: null, since: null },
    { stdout: out.stream, stderr: out.stream },
    new AbortController().signal,
  );
  return out.text();
};
const exec = async (container: string, command: string[], signal = new AbortController().signal, settings: CommandSettings = {}) => {
  const [out, err] = [collector(), collector()];
  const streams = { stdin: null, stdout: out.stream, stderr: err.stream };
  const code = await place.backend.sessions!.exec('one', container, { ...settings, command, streams, cancel: cancelOn(signal) });
  return { code, stdout: out.text(), stderr: err.text() };
};

test('its environment is the spec and the labels, and nothing of the caller', async () => {
  const odd = 'a "b" $c `d` \\e \n f';
  await run(place.backend, 'one', 'engine', { command: ['env', '-0'], env: { ODD: odd, s: 'mine' } });
  const env = Object.fromEntries(
    (await log('engine'))
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const directory = join(place.root, 'one', 'engine');
  for (const shells of ['PWD', 'OLDPWD', 'SHLVL', '_']) delete env[shells];
  expect(env).toEqual({
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: join(directory, 'home'),
    TMPDIR: join(directory, 'tmp'),
    ODD: odd,
    s: 'mine',
    MAYFLY_OBJECT: directory,
    MAYFLY_WORKER: 'one',
    MAYFLY_LIFETIME: '600',
    MAYFLY_UNTIL: '',
    MAYFLY_ADDRESS: 'mayfly_process.engine',
  });
});

test('a secret stands in no command line and in no file that others read', async () => {
  await run(place.backend, 'one', 'engine', { env: { TOKEN: 'hush-hush' } });
  const leader = (await readFile(join(place.root, 'one', 'engine', 'leader'), 'utf8')).split(' ')[1];
  expect(await readFile(`/proc/${leader}/cmdline`, 'utf8')).not.toContain('hush-hush');
  for (const file of ['record.json', 'log']) expect((await stat(join(place.root, 'one', 'engine', file))).mode & 0o777).toBe(0o600);
});

test('volumes are linked at their mount points, and shared', async () => {
  const volume = await makeVolume(place.backend, 'one', 'work');
  const path = String(volume.attributes['path']);
  await run(place.backend, 'one', 'engine', { mounts: { '/media/work': path } });
  await run(place.backend, 'one', 'build', { mounts: { '/src': path } });
  expect(await exec('build', ['sh', '-c', 'echo shared >src/file'])).toMatchObject({ code: 0 });
  expect(await exec('engine', ['cat', 'media/work/file'])).toMatchObject({ stdout: 'shared\n' });
  expect(await readlink(join(place.root, 'one', 'build', 'home', 'src'))).toBe(path);
});

test('a command starts in its working directory, which may be in a volume, and so do commands beside it', async () => {
  const volume = await makeVolume(place.backend, 'one', 'work');
  const path = String(volume.attributes['path']);
  const command = ['sh', '-c', 'pwd -P; exec sleep 1000'];
  await run(place.backend, 'one', 'build', { command, mounts: { '/work': path }, working_dir: '/work/deep/src' });
  await eventually('it runs', async () => (await readFile(join(place.root, 'one', 'build', 'log'), 'utf8')) === `${path}/deep/src\n`);
  await writeFile(join(path, 'deep', 'src', 'own'), '#!/bin/sh\npwd -P\n', { mode: 0o700 });
  expect(await exec('build', ['./own'])).toMatchObject({ code: 0, stdout: `${path}/deep/src\n` });
});

test('a working directory never leads out of its process', async () => {
  await run(place.backend, 'one', 'build', { working_dir: '/../../../tmp' });
  expect(await exec('build', ['pwd'])).toMatchObject({ stdout: `${join(place.root, 'one', 'build', 'home', 'tmp')}\n` });
});

test('a mount point never leads out of its process', async () => {
  const driver = place.backend.drivers['mayfly_process'];
  const create = (mounts: Record<string, string>) =>
    driver?.create('mayfly_process.engine', processAttributes('one', 'engine', { mounts }), quietContext());
  await expect(create({ '/': '/tmp' })).rejects.toMatchObject({ code: 'stack_invalid' });
  expect(await place.backend.list()).toEqual([]);
  await create({ '/../../../escaped': '/tmp' });
  expect(await readlink(join(place.root, 'one', 'engine', 'home', 'escaped'))).toBe('/tmp');
});

describe('exit codes', () => {
  const cases: Record<string, [command: string[], code: number]> = {
    plain: [['sh', '-c', 'exit 7'], 7],
    'of a signal': [['sh', '-c', 'kill -SEGV $$'], 139],
    'of a command that is not there': [['no-such-command'], 127],
  };
  for (const [title, [command, code]] of Object.entries(cases)) {
    test(title, async () => {
      await run(place.backend, 'one', 'engine', { command });
      await eventually('it ended', async () => (await place.backend.list('one'))[0]?.status === 'exited');
      expect((await place.backend.list('one'))[0]?.exitCode).toBe(code);
      expect((await place.backend.report('one'))[0]).toMatchObject({ container: 'engine', status: 'exited', exitCode: code });
    });
  }
});

test('a stopped executor is started again in place; a stopped engine is replaced', async () => {
  const made = await run(place.backend, 'one', 'build', { command: ['sh', '-c', 'echo run; exit 3'] });
  await eventually('it ended', async () => (await place.backend.list('one'))[0]?.status === 'exited');
  const driver = place.backend.drivers['mayfly_process'];
  const stopped = await driver?.read(made.id, {});
  expect(stopped?.attributes).toMatchObject({ running: false, pid: null });
  await driver?.update(made.id, processAttributes('one', 'build', { command: ['sh', '-c', 'echo run; exit 3'] }), [], quietContext());
  expect(await log('build')).toBe('run\nrun\n');
  const replaces = driver!.schema.attributes['running']!.replacesOurs!;
  expect([
    replaces({ name: 'engine', started: 'then' }),
    replaces({ name: 'engine', started: null }),
    replaces({ name: 'build', started: 'then' }),
  ]).toEqual([true, false, false]);
});

test('interrupts are not ignored, as they are for what a shell puts in the background', async () => {
  const made = await run(place.backend, 'one', 'build', { command: ['sleep', '1000'] });
  process.kill(Number(made.attributes['pid']), 'SIGINT');
  await eventually('it ended', async () => (await place.backend.list('one'))[0]?.exitCode === 130);
});

describe('memory', () => {
  const eat = 'const all=[];for(let i=0;i<40;i++){all.push(Buffer.alloc(10<<20,1));console.log(i)}';
  const serve =
    'require("http").createServer((q,r)=>r.end("hello")).listen(0,"127.0.0.1",function(){require("http").get({port:this.address().port},r=>r.pipe(process.stdout).on("finish",process.exit));setTimeout(process.exit,300)})';

  test('one that takes more than it asked for fails, and runs with more', async () => {
    await run(place.backend, 'one', 'small', { command: [process.execPath, '-e', eat], memory: 256 });
    await run(place.backend, 'one', 'large', { command: [process.execPath, '-e', eat], memory: 1024 });
    await eventually('both ended', async () => (await place.backend.list('one')).every(({ status }) => status === 'exited'), 20_000);
    const codes = Object.fromEntries((await place.backend.list('one')).map(({ id, exitCode }) => [id, exitCode]));
    expect(codes['one/large']).toBe(0);
    // Node 20 throws, Node 24 traps.
    expect(codes['one/small']).toBeOneOf([1, 133]);
  });

  test('768 MB are enough for a plain server of Node 24, which reserves 512 for compiled code', async () => {
    await run(place.backend, 'one', 'server', { command: [process.execPath, '-e', serve], memory: 768 });
    expect(await log('server')).toBe('hello');
  });

  test('the limit is that of commands beside it too', async () => {
    await run(place.backend, 'one', 'build', { memory: 100 });
    expect(await exec('build', ['sh', '-c', 'ulimit -d'])).toMatchObject({ stdout: `${100 * 1024}\n` });
  });
});

describe('exec', () => {
  test('into what has ended is an error', async () => {
    await run(place.backend, 'one', 'build', { command: ['true'] });
    await eventually('it ended', async () => (await place.backend.list('one'))[0]?.status === 'exited');
    await expect(exec('build', ['true'])).rejects.toMatchObject({ code: 'worker_ended' });
  });

  test('runs in the home of its container, and takes commands from there', async () => {
    await run(place.backend, 'one', 'build');
    await writeFile(join(place.root, 'one', 'build', 'home', 'own'), '#!/bin/sh\npwd\n', { mode: 0o700 });
    expect(await exec('build', ['./own'])).toMatchObject({ code: 0, stdout: `${join(place.root, 'one', 'build', 'home')}\n` });
  });

  test('takes variables and a directory of its own, below that of the process', async () => {
    const volume = await makeVolume(place.backend, 'one', 'work');
    await run(place.backend, 'one', 'build', { env: { A: 'spec', B: 'spec' }, mounts: { '/work': volume.attributes['path'] ?? null } });
    const settings = { env: { B: "it's $x", MAYFLY_WORKER: 'another' }, workingDir: '/work' };
    const { stdout } = await exec('build', ['sh', '-c', 'echo "$A $B $MAYFLY_WORKER"; pwd -P'], undefined, settings);
    expect(stdout).toBe(`spec it's $x one\n${String(volume.attributes['path'])}\n`);
  });

  const refused: Record<string, [settings: CommandSettings, place: string, cause: RegExp]> = {
    'a user': [{ user: 'root' }, '--user', /run as the user who made the worker/],
    'a name that no shell passes on': [{ env: { 'a.b': 'hush' } }, '--env a.b', /does not accept this name/],
    'a directory that does not exist': [{ workingDir: '/none' }, '--workdir /none', /is no directory in build/],
  };
  test.for(Object.entries(refused))('refuses %s', async ([, [settings, at, cause]]) => {
    await run(place.backend, 'one', 'build');
    const error = await exec('build', ['true'], undefined, settings).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'usage', place: { path: at }, message: expect.stringMatching(cause) as string });
  });

  test('does not wait for what a command leaves behind', async () => {
    await run(place.backend, 'one', 'build');
    expect(await exec('build', ['sh', '-c', 'sleep 1000 & echo done'])).toMatchObject({ code: 0, stdout: 'done\n' });
    await removeWhole(place.backend, 'one');
  });

  test('ends the command when it is called off', async () => {
    await run(place.backend, 'one', 'build');
    const stop = new AbortController();
    const running = exec('build', ['sh', '-c', 'echo $$ >pid; exec sleep 1000'], stop.signal);
    await eventually(
      'it runs',
      async () => (await readFile(join(place.root, 'one', 'build', 'home', 'pid'), 'utf8').catch(() => '')) !== '',
    );
    stop.abort(new Error('called off'));
    await expect(running).rejects.toThrow('called off');
  });
});

test('a change is told to those who wait for one', async () => {
  await place.backend.prepare();
  const stop = new AbortController();
  await run(place.backend, 'one', 'engine', { command: ['sh', '-c', 'read line <fifo || sleep 0.3'] });
  await place.backend.changed?.(AbortSignal.any([stop.signal, AbortSignal.timeout(5000)]));
  expect((await place.backend.list('one'))[0]?.status).toBe('exited');
});

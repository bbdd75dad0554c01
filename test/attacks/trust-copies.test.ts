import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { cliPath } from '../support/run-cli.js';
import { type Scene, scene } from '../cli/scene.js';
import { specs, waiting } from '../cli/specs.js';
import { dockerAvailable, images } from '../support/docker.js';
import { attacks } from './attacks.js';

const box = { name: 'box', cpu: 50, memory: 64, storage: 10, command: waiting, mounts: [{ name: 'work', mount_point: '/work' }] };
const volumes = [{ name: 'work', storage: 5, medium: 'disk' }];
const isRoot = process.getuid?.() === 0;

/** `mknod` may be denied to the root of a container. */
function device(path: string): boolean {
  try {
    execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Place {
  open(): Promise<Scene>;
  /** What commands in the container call `/work`. */
  work: string;
}

const places: Record<string, Place> = {
  process: { open: () => scene({ spec: specs.process({ containers: [box], volumes }) }), work: 'work' },
  ...(dockerAvailable() && {
    docker: {
      open: () => scene({ docker: 'real', spec: specs.docker({ containers: [{ ...box, image: images.busybox }], volumes }) }),
      work: '/work',
    },
  }),
};

const kept = 'what is no file is written into or refused, never replaced';

for (const [kind, { open, work }] of Object.entries(places)) {
  let one: Scene;
  const local = (...path: string[]) => join(one.folder, ...path);
  const there = (path: string) => `${one.name}:box:/work/${path}`;
  const inBox = (command: string) => one.must(['exec', 'NAME', 'box', '--', 'sh', '-c', `cd ${work}; ${command}`]);
  /** Copies, which must fail with one sentence. */
  const refused = async (from: string, to: string, input?: string) => {
    const { code, stdout, stderr } = await one.cli(['cp', from, to], input === undefined ? {} : { input });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Error: [^\n]+\n {2}→ [^\n]+\n$/);
    return stderr;
  };
  beforeAll(async () => {
    one = await open();
    await one.must(['apply', 'SPEC', '--auto-approve']);
    await inBox('mkdir -p tree/sub && echo one >tree/a && echo two >tree/sub/b && echo text >file');
    await inBox('mkdir in && mkfifo in/pipe && ln -s /nowhere in/gone && ln -s ../file in/link');
  });
  afterAll(async () => {
    await one.must(['destroy', 'NAME', '--auto-approve']);
    await one.close();
  });

  /** What is on this machine alone: once is enough. */
  const outside = {
    ...(isRoot && {
      'a device': {
        mechanism: kept,
        does: 'copies a file onto a device, and onto a link to it',
        right: 'the file is written into the device, which stays one',
        async check() {
          if (!device(local('n'))) return;
          symlinkSync('n', local('to-n'));
          for (const name of ['n', 'to-n']) await one.must(['cp', there('file'), name]);
          expect(lstatSync(local('n')).isCharacterDevice()).toBe(true);
          expect(readlinkSync(local('to-n'))).toBe('n');
        },
      },
    }),
    'a FIFO': {
      mechanism: kept,
      does: 'copies a file onto a FIFO that somebody reads a moment later',
      right: 'the reader gets the content, and it stays a FIFO',
      async check() {
        execFileSync('mkfifo', [local('pipe')]);
        const copy = await one.start(['cp', there('file'), 'pipe']);
        const reader = spawn('cat', [local('pipe')]);
        let text = '';
        const read = new Promise((resolve) => reader.once('close', resolve));
        reader.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        expect(await copy.done).toMatchObject({ code: 0, stderr: '' });
        await read;
        expect([text, lstatSync(local('pipe')).isFIFO()]).toEqual(['text\n', true]);
      },
    },
    '/dev/stdout': {
      mechanism: kept,
      does: 'copies a file onto /dev/stdout, which leads to a socket here, and to a pipe of a shell',
      right: 'the content is on standard output, and the link is the same',
      async check() {
        const before = readlinkSync('/dev/stdout');
        expect(await one.must(['cp', there('file'), '/dev/stdout'])).toBe('text\n');
        const shell = ['-c', `"$0" "$@" | cat`, process.execPath, cliPath, 'cp', there('file'), '/dev/stdout'];
        const options = { env: { ...one.machine.env, ...one.env } };
        expect((await promisify(execFile)('sh', shell, options)).stdout).toBe('text\n');
        expect(readlinkSync('/dev/stdout')).toBe(before);
      },
    },
    'a file of two names': {
      mechanism: kept,
      does: 'copies a file onto one of them',
      right: 'both names have the new content',
      async check() {
        writeFileSync(local('first'), 'a longer text than the new one');
        linkSync(local('first'), local('second'));
        await one.must(['cp', there('file'), 'second']);
        expect([readFileSync(local('first'), 'utf8'), statSync(local('first')).nlink]).toEqual(['text\n', 2]);
      },
    },
    'a link that leads nowhere, and a socket': {
      mechanism: kept,
      does: 'copies a file onto each',
      right: 'one sentence, and both are there as before',
      async check() {
        symlinkSync('/nowhere/at/all', local('dangling'));
        expect(await refused(there('file'), 'dangling')).toMatch(
          /^Error: dangling: is a link that leads nowhere, which a copy would replace/,
        );
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(local('socket'), resolve));
        expect(await refused(there('file'), 'socket')).toMatch(/^Error: socket: ENXIO/);
        expect([readlinkSync(local('dangling')), lstatSync(local('socket')).isSocket()]).toEqual(['/nowhere/at/all', true]);
        server.close();
      },
    },
  };

  attacks(`trust: copies over what is no file, on ${kind}`, {
    ...(kind === 'process' && outside),
    'inside a tree': {
      mechanism: kept,
      does: 'copies a tree over one that has a FIFO and a link where files come',
      right: 'both stay and are named; the other files are copied',
      async check() {
        await inBox('mkdir out && echo 1 >out/pipe && echo 2 >out/link && echo 3 >out/file');
        mkdirSync(local('merge'));
        execFileSync('mkfifo', [local('merge/pipe')]);
        symlinkSync('/dev/null', local('merge/link'));
        const stderr = await refused(`${one.name}:box:/work/out/.`, 'merge');
        expect(stderr).toContain('pipe: a FIFO is in its place, and a copy would replace it');
        expect(stderr).toContain('link: a link is in its place, and a copy would replace it');
        expect([lstatSync(local('merge/pipe')).isFIFO(), readlinkSync(local('merge/link'))]).toEqual([true, '/dev/null']);
        expect(readFileSync(local('merge/file'), 'utf8')).toBe('3\n');
      },
    },
    'into a container': {
      mechanism: kept,
      does: 'copies a file onto a FIFO and a link that leads nowhere, and a tree and a tar over a FIFO',
      right: 'one sentence each, and both stay what they are',
      async check() {
        mkdirSync(local('in'));
        for (const name of ['pipe', 'other']) writeFileSync(local('in', name), name);
        execFileSync('tar', ['-cf', local('in.tar'), '-C', local(), 'in']);
        const sentences = [
          await refused('in/other', there('in/pipe')),
          await refused('in/other', there('in/gone')),
          await refused('in', there('.')),
          await refused('-', there('.'), readFileSync(local('in.tar'), 'latin1')),
        ];
        for (const [index, text] of ['a FIFO', 'a link that leads nowhere', 'a FIFO', 'a FIFO'].entries())
          expect(sentences[index]).toContain(text);
        expect(await inBox('test -p in/pipe && test -L in/gone && echo both')).toBe('both\n');
      },
    },
    'sources that are no files': {
      mechanism: 'what is not copied is named',
      does: 'copies a device, a FIFO, and trees that have one, in and out',
      right: 'one sentence; the rest of a tree is copied',
      async check() {
        expect(await refused('/dev/null', there('null'))).toMatch(/^Error: \/dev\/null: is a device, and not a file or a directory/);
        expect(await refused(there('in/pipe'), 'p')).toMatch(/is a FIFO/);
        mkdirSync(local('mixed'));
        execFileSync('mkfifo', [local('mixed/pipe')]);
        writeFileSync(local('mixed/file'), 'x');
        expect(await refused('mixed', there('mixed'))).toContain('mixed/pipe is a FIFO');
        expect(await inBox('ls mixed')).toBe('file\n');
        await inBox('mkdir mine && mkfifo mine/pipe && echo y >mine/file');
        expect(await refused(there('mine'), 'mine')).toMatch(/mine\/pipe/);
        expect([readFileSync(local('mine/file'), 'utf8'), existsSync(local('mine/pipe'))]).toEqual(['y\n', false]);
        // Docker's tar holds it.
        const { code, stderr } = await one.cli(['cp', there('mine'), '-']);
        expect([code, stderr]).toEqual(kind === 'docker' ? [0, ''] : [1, expect.stringContaining('mine/pipe is a FIFO') as string]);
      },
    },
  });
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { images } from '../support/docker.js';
import { listening } from '../support/listening.js';
import { type CliOptions, machine, type Machine, runCli, spawnCli } from '../support/run-cli.js';
import { uniqueName } from '../support/temp-dir.js';

const megabytes = 200;
const common = { max_duration: 300, cpu: 50, memory: 64, storage: 500 };
const engines = {
  docker: { backend: 'docker', engine: { image: images.busybox, command: ['sleep', '1000'] } },
  process: { backend: 'process', engine: { command: ['sleep', '1000'] } },
};
const makeBig = `dd if=/dev/urandom of=big bs=1M count=${megabytes} 2>/dev/null; echo small >beside; sha256sum big`;

/** Workers of a machine, or runs of a service, and their commands. */
async function workers(on: Machine, env: Record<string, string> = {}) {
  const cli = (args: string[], more: Pick<CliOptions, 'env'> = {}) =>
    runCli(args, { machine: on, env: { ...env, ...more.env }, timeoutMs: 120_000 });
  const must = async (...args: string[]) => {
    const result = await cli(args);
    expect(result.code, `${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
    return result.stdout;
  };
  return {
    ...{ cli, must },
    async apply(kind: keyof typeof engines) {
      const name = uniqueName('tr');
      const file = join(on.home, `${name}.json`);
      await writeFile(file, JSON.stringify({ name, ...common, ...engines[kind] }));
      await must('apply', file, '--auto-approve');
      return name;
    },
    sh: (worker: string, script: string) => must('exec', worker, 'engine', '--', 'sh', '-c', script),
    destroy: (name: string) => must('destroy', name, '--auto-approve'),
  };
}

test('200 MB go between workers of two Docker containers and of another backend within 200 MB of memory', async () => {
  const on = await machine();
  const { cli, must, apply, sh, destroy } = await workers(on);
  const [from, to, process] = [await apply('docker'), await apply('docker'), await apply('process')];
  const sum = (await sh(from, `mkdir /work; cd /work; ${makeBig}`)).split(' ')[0]!;
  const meter = join(on.home, 'meter.cjs');
  await writeFile(meter, "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)));");
  const measured = { env: { NODE_OPTIONS: `--max-old-space-size=64 --require ${meter}` } };
  const copied = await cli(['cp', `${from}:/work/.`, `${to}:/`], measured);
  expect(copied).toMatchObject({ code: 0, stdout: '' });
  expect(Number(copied.stderr)).toBeLessThan(200 * 1024);
  expect(await sh(to, 'sha256sum /big; cat /beside; ls -A / | grep -c mayfly || true')).toBe(`${sum}  /big\nsmall\n0\n`);
  await must('cp', `${to}:/big`, `${process}:/there`);
  expect(await sh(process, 'sha256sum there')).toBe(`${sum}  there\n`);
  for (const name of [from, to, process]) await destroy(name);
});

test('a service moves files between runs of two nodes, by cp and for a task', async () => {
  const [far, near] = [await machine(), await machine()];
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: far });
  const { url, token } = await listening(service);
  const { cli, must, apply, sh, destroy } = await workers(near, { MAYFLY_SERVER: url, MAYFLY_TOKEN: token! });
  const [docker, process] = [await apply('docker'), await apply('process')];
  await sh(docker, 'mkdir /data; echo one >/data/file');
  await must('cp', `${docker}:/data`, `${process}:/copy`);
  expect(await sh(process, 'cat copy/file')).toBe('one\n');
  expect(await cli(['cp', `${docker}:/none`, `${process}:/`])).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining(`${docker}:engine:/none: does not exist`) as string },
  });
  const files = ['--file-in', `${docker}:/data=/in`, '--file-out', `/report=${docker}:/made`];
  const task = (await must('task', 'add', process, '--timeout', '1m', ...files, '--', 'sh', '-c', 'sed s/one/two/ in/file >report')).split(
    ' ',
  )[0]!;
  await must('task', 'logs', task, '--follow');
  expect(await must('task', 'show', task)).toMatch(/completed/);
  expect(await sh(docker, 'cat /made')).toBe('two\n');
  for (const name of [docker, process]) await destroy(name);
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { accessOf, type Scene, scene } from '../cli/scene.js';
import { freePort } from '../cli/specs.js';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';

const env = {
  CI_ENGINE_IMAGE: images.busybox,
  CI_TEST_IMAGE: images.postgres,
  CI_POSTGRES_IMAGE: images.postgres,
  BUILD_IMAGE: images.busybox,
};

/** A suite that asks the database and reports, by tools of the PostgreSQL image. Its factor decides whether it fails. */
const suite = `answer=$(psql -h localhost -U postgres -tAc "select 6 * $1") || exit 4
echo "$answer"
echo "<testcase name=\\"$answer\\"/>" >junit.xml
[ "$answer" = 42 ] || exit 5
`;

/** The example under a name of the test's own, with what it says of times and ports changed. */
async function stage(file: string, docker: 'none' | 'real', changes: Record<string, string> = {}): Promise<Scene> {
  const one = await scene({ docker, env });
  const text = await readFile(fileURLToPath(new URL(`../../examples/${file}`, import.meta.url)), 'utf8');
  const changed = Object.entries(changes).reduce((now, [from, to]) => {
    expect(now).toContain(from);
    return now.replaceAll(from, to);
  }, text);
  await writeFile(one.specPath, changed);
  return one;
}

async function get(one: Scene, path = '/'): Promise<string> {
  const { addresses, port } = await accessOf(one);
  return (await fetch(`http://${addresses[0]}:${port}${path}`)).text();
}

/** Lives as briefly as it may, and is waited for. */
async function expire(one: Scene, lifetime: RegExp): Promise<void> {
  const text = await readFile(one.specPath, 'utf8');
  expect(text).toMatch(lifetime);
  await writeFile(one.specPath, text.replace(lifetime, 'max_duration: 2'));
  await one.must(['apply', 'SPEC', '--auto-approve']);
  // Another state directory's keeper may be the one that ends it: what ours remembers goes when it is asked.
  const there = async () => (await one.left()).filter((what) => !what.startsWith(one.machine.stateDir));
  await until('all of it is gone', async () => (await there()).length === 0, { withinMs: 60_000, everyMs: 200 });
  expect((await one.cli(['output', 'NAME'])).code).toBe(1);
  await one.must(['destroy', 'NAME', '--auto-approve']);
  expect(await one.leftAtLast()).toEqual([]);
}

describe('hello', () => {
  test('answers, and is gone in time', async () => {
    const one = await stage('hello.yaml', 'none', { 8642: String(await freePort()) });
    await one.must(['apply', 'SPEC', '--auto-approve']);
    expect(await get(one)).toMatch(new RegExp(`^hello from ${one.name}, whose notes are in /.+\n$`));
    await one.must(['destroy', 'NAME', '--auto-approve']);
    await expire(one, /max_duration: 600/);
    expect(await one.must(['show', 'NAME'])).toMatch(/: expired after 2 s$/m);
  });
});

describe.skipIf(!dockerAvailable())('on docker', () => {
  test('ci: psql from a container, a file over HTTP, and gone in time', async () => {
    const one = await stage('ci.yaml', 'real');
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const psql = ['psql', '-h', 'localhost', '-U', 'postgres', '-tAc', 'select 6 * 7'];
    expect(await one.must(['exec', 'NAME', 'test', '--', ...psql])).toBe('42\n');
    await one.must(['exec', 'NAME', 'test', '--', 'sh', '-c', 'echo report > /work/index.html']);
    expect(await get(one)).toBe('report\n');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await one.leftAtLast()).toEqual([]);
    await expire(one, /max_duration: 1800/);
  });

  test('ci: as its comment says, in one run', async () => {
    const one = await stage('ci.yaml', 'real');
    expect(await one.must(['run', 'SPEC', '--in', 'test', '--', 'psql', '-h', 'localhost', '-U', 'postgres', '-c', 'select 1'])).toContain(
      '(1 row)',
    );
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('five-lines: source in, PostgreSQL beside it, report and exit code out, and nothing left', async () => {
    const one = await stage('five-lines.yaml', 'real');
    await writeFile(join(one.folder, 'suite.sh'), suite);
    const run = (factor: string) => one.cli(['run', 'SPEC', '--in', 'test', '--', 'sh', 'suite.sh', factor]);
    const report = () => readFile(join(one.folder, 'junit.xml'), 'utf8');
    expect(await run('7')).toMatchObject({ code: 0, stdout: '42\n' });
    expect(await report()).toBe('<testcase name="42"/>\n');
    expect(await run('8')).toMatchObject({ code: 5, stdout: '48\n' });
    expect(await report()).toBe('<testcase name="48"/>\n');
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('build: written in one container, read in another, served by the engine, and gone in time', async () => {
    const one = await stage('build.yaml', 'real');
    await one.must(['apply', 'SPEC', '--auto-approve']);
    await one.must(['exec', 'NAME', 'compile', '--', 'sh', '-c', 'date > /out/artifact']);
    const artifact = await one.must(['exec', 'NAME', 'check', '--', 'cat', '/in/artifact']);
    expect(artifact).toMatch(/\d\d:\d\d/);
    expect(await get(one, '/artifact')).toBe(artifact);
    expect(await one.must(['exec', 'NAME', 'compile', '--', 'sh', '-c', 'echo x > /scratch/x; mount | grep -c "tmpfs on /scratch"'])).toBe(
      '1\n',
    );
    await one.must(['destroy', 'NAME', '--auto-approve']);
    await expire(one, /max_duration: 900/);
  });
});

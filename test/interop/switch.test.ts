import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { afterTest } from '../support/temp-dir.js';
import { api, dockerAvailable, must } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { spawnCli } from '../support/run-cli.js';
import { interopAvailable, tofuAvailable } from '../support/terraform.js';
import { accessOf, container, jsonLines, leftOf, noChanges, planOf, small, wait } from '../docker/support.js';
import { specs } from './specs.js';
import { dismissKeeper, interopWorker, runProduct, terraform } from './support.js';

const available = dockerAvailable() && (await interopAvailable());
const withTofu = dockerAvailable() && (await tofuAvailable());
const full = 'containers, a service, volumes and awkward texts';
const two = { ...small, containers: [container('build'), container('lint', { command: wait() })] };

describe.skipIf(!available)('another applier on a living worker', () => {
  test.skipIf(!withTofu)('tofu, embedded and terraform agree on one state, whoever wrote it', async () => {
    const one = await interopWorker(await specs[full]!());
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'tofu']);
    for (const applier of ['embedded', 'terraform', 'tofu']) expect(await planOf(one, { applier })).toEqual(noChanges);
    await terraform(one.directory, 'init');
    await terraform(one.directory, 'plan', '-detailed-exitcode');
    await one.edit({ memory: 96 });
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'embedded']);
    expect(await planOf(one, { applier: 'tofu' })).toEqual(noChanges);
    await rm(join(one.directory, '.terraform'), { recursive: true });
    await rm(join(one.directory, '.terraform.lock.hcl'));
    await runProduct('tofu', one.directory, 'init');
    await runProduct('tofu', one.directory, 'plan', '-detailed-exitcode');
    await dismissKeeper(one);
    await runProduct('tofu', one.directory, 'destroy', '-auto-approve');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('an edit means the same to both, and so does what happened outside', async () => {
    const one = await interopWorker(two);
    await one.apply();
    const both = async () => {
      const [embedded, other] = [await planOf(one), await planOf(one, { applier: 'terraform' })];
      expect({ ...other, changes: [...other.changes].sort() }).toEqual({ ...embedded, changes: [...embedded.changes].sort() });
      return embedded;
    };
    await one.edit({ memory: 48, containers: [container('build', { env: { A: '1' } })] });
    expect((await both()).changes.length).toBe(3);
    await one.edit({});
    await must('POST', `/containers/mayfly-${one.name}.build/stop?t=0`);
    expect(await both()).toMatchObject({ changes: ['update docker_container.build'] });
    await api('DELETE', `/containers/mayfly-${one.name}.lint?force=1`);
    expect(await both()).toMatchObject({ drift: expect.arrayContaining(['gone docker_container.lint']) });
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    expect(await both()).toEqual(noChanges);
    await rm(one.directory, { recursive: true });
    expect((await both()).drift.length).toBe(3);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    expect(await both()).toEqual(noChanges);
    expect(await accessOf(one)).toMatchObject({ port: null });
  });

  test('a plan writes nothing to the worker’s directory; a saved one is carried out by the applier that made it, unless it is stale', async () => {
    const one = await interopWorker(small);
    const saved = join(one.machine.home, 'saved.json');
    await one.must(['plan', 'SPEC', '--applier', 'terraform', '--out', saved]);
    expect(await readdir(join(one.machine.stateDir, 'workers')).catch(() => [])).toEqual([]);
    expect(await leftOf(one.name)).toEqual([]);
    await one.must(['apply', saved]);
    const files = await readdir(one.directory);
    expect(files).toContain('.terraform.lock.hcl');
    for (const file of files) expect((await stat(join(one.directory, file))).mode & 0o077, file).toBe(0);
    const before = await Promise.all(files.map(async (file) => (await stat(join(one.directory, file))).mtimeMs));
    await one.must(['plan', 'SPEC', '--applier', 'terraform']);
    expect(await readdir(one.directory)).toEqual(files);
    expect(await Promise.all(files.map(async (file) => (await stat(join(one.directory, file))).mtimeMs))).toEqual(before);

    const stale = await one.cli(['apply', saved]);
    expect({ code: stale.code, stderr: stale.stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('has changed since') });
  });

  test('a volume of the same name that is not ours is an error and stays', async () => {
    const one = await interopWorker({ ...small, volumes: [{ name: 'work', storage: 10 }] });
    const name = `mayfly-${one.name}.work`;
    await must('POST', '/volumes/create', { Name: name });
    afterTest(() => api('DELETE', `/volumes/${name}`));
    const { code, stdout } = await one.cli(['apply', 'SPEC', '--auto-approve', '--json', '--applier', 'terraform']);
    expect(code).toBe(1);
    expect(jsonLines(stdout).find(({ type }) => type === 'diagnostic')).toMatchObject({ diagnostic: { code: 'foreign_object' } });
    expect((await api('GET', `/volumes/${name}`)).status).toBe(200);
  });

  test('what fails is told of its resource, and nothing stays of a worker that was new', async () => {
    const proxy = await startDockerProxy({
      onCall: ({ method, path, moment }) =>
        moment === 'before' && method === 'POST' && /create\?name=.*\.build/.test(path) ? 'drop' : undefined,
    });
    const one = await interopWorker(two, { DOCKER_HOST: proxy.host });
    const { code, stdout } = await one.cli(['apply', 'SPEC', '--auto-approve', '--json', '--applier', 'terraform']);
    expect(code).toBe(1);
    const lines = jsonLines(stdout);
    expect(lines.find(({ type }) => type === 'apply_errored')).toMatchObject({
      hook: { resource: { addr: 'docker_container.build' }, action: 'create', error: expect.stringMatching(/^Unable to create container/) },
    });
    expect(lines.find(({ type }) => type === 'diagnostic')).toMatchObject({
      diagnostic: { code: 'apply_failed', address: 'docker_container.build' },
    });
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('Ctrl-C is passed on once and waited for; the next apply goes on', async () => {
    const one = await interopWorker(two);
    let interrupt = () => {};
    const proxy = await startDockerProxy({
      onCall: ({ method, path, moment }) => {
        if (moment === 'acted' && method === 'POST' && /\.engine/.test(path)) interrupt();
      },
    });
    const running = await spawnCli(['apply', one.specPath, '--auto-approve', '--applier', 'terraform'], {
      machine: one.machine,
      env: { ...one.env, DOCKER_HOST: proxy.host },
    });
    interrupt = () => running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('running operations were finished and saved') });
    await proxy.close();
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', 'terraform']);
    expect(await planOf(one)).toEqual(noChanges);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allObjects, dockerAvailable } from '../support/docker.js';
import type { CliResult } from '../support/run-cli.js';
import { accessOf, fakeDocker, keeperOf, type Scene, scene } from './scene.js';
import { specs, waiting } from './specs.js';

/** Every file below, with its mode and content. */
async function snapshot(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await lstat(path);
      const content = entry.isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : '';
      return [path, `${mode.toString(8)} ${content}`] as const;
    }),
  );
  return Object.fromEntries(files.sort());
}

describe('1: plan changes nothing', () => {
  const plans = [
    ['plan', 'SPEC'],
    ['plan', 'SPEC', '--json'],
    ['synth', 'SPEC'],
    ['graph', 'SPEC'],
    ['validate', 'SPEC'],
    ['list'],
    ['doctor'],
  ];

  test('of local processes, before and after they are made', async () => {
    const one = await scene({ spec: specs.process() });
    const all = async () => ({ ...(await snapshot(one.machine.stateDir)), ...(await snapshot(one.machine.processDir)) });
    for (const args of plans) await one.must(args);
    expect(await all()).toEqual({});
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const before = await all();
    await one.write(specs.process({ memory: 65, env: {}, engine: { command: [...waiting, 'other'] } }));
    for (const args of plans.slice(0, 2)) await one.cli(args);
    await one.write(specs.process({ memory: 65 }));
    for (const args of plans) await one.must(args);
    expect(await all()).toEqual(before);
    await one.must(['destroy', 'NAME', '--auto-approve']);
  });

  test.skipIf(!dockerAvailable())('on docker', async () => {
    const one = await scene({ docker: 'real', spec: specs.docker({ volumes: [{ name: 'work', storage: 5 }] }) });
    const objects = async () => (await allObjects()).filter(({ name }) => name.includes(one.name));
    for (const args of plans) await one.must(args);
    expect([await objects(), await snapshot(one.machine.stateDir)]).toEqual([[], {}]);
  });

  test('on a daemon that counts the calls', async () => {
    const fake = await fakeDocker();
    const one = await scene({ docker: fake, spec: specs.fake({ volumes: [{ name: 'work', storage: 5 }] }) });
    for (const args of plans) await one.must(args);
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const made = fake.calls.length;
    await one.write(specs.fake({ memory: 65, volumes: [{ name: 'work', storage: 5 }] }));
    for (const args of plans) await one.must(args);
    const changing = [...fake.calls.slice(0, 1), ...fake.calls.slice(made)].filter(({ method }) => !/^(GET|HEAD)$/.test(method));
    expect(changing).toEqual([]);
    await one.must(['destroy', 'NAME', '--auto-approve']);
  });
});

/** All that the keeper and our commands say of themselves to the system. */
function commandLines(own: Scene): string {
  const pid = keeperOf(own.machine);
  return pid === null ? '' : readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

describe('6: secrets are in no output, log, event, label or command line, and their files are private', () => {
  const secrets = { TOKEN: 'env-secret-5b1f', PULL: '{"username": "u", "password": "pull-secret-77aa"}' };
  const hidden = ['env-secret-5b1f', 'pull-secret-77aa'];

  async function tellAll(one: Scene): Promise<CliResult[]> {
    const all = [
      ['plan', 'SPEC'],
      ['plan', 'SPEC', '--json'],
      ['plan', 'SPEC', '--markdown'],
      ['apply', 'SPEC', '--auto-approve', '--json', '--debug'],
      ['apply', 'SPEC', '--auto-approve'],
      ['output', 'NAME'],
      ['output', 'NAME', 'access'],
      ['show', 'NAME'],
      ['show', 'NAME', '--json'],
      ['list', '--json'],
      ['extend', 'NAME', '1m', '--json'],
      ['graph', 'SPEC', '--json'],
      ['doctor', '--json'],
      ['gc', '--json'],
    ];
    const results: CliResult[] = [];
    for (const args of all) results.push(await one.cli(args, { env: secrets }));
    return results;
  }

  async function assertKept(one: Scene, results: CliResult[], more: string): Promise<void> {
    const { remote_key: remote, self_key: self } = await accessOf(one);
    const logs = await Promise.all(
      ['keeper.log', 'keeper-watch.json'].map((file) => readFile(join(one.machine.stateDir, file), 'utf8').catch(() => '')),
    );
    const destroyed = await one.cli(['destroy', 'NAME', '--auto-approve', '--json']);
    const history = await Promise.all(
      (await readdir(join(one.machine.stateDir, 'history'))).map((file) => readFile(join(one.machine.stateDir, 'history', file), 'utf8')),
    );
    const said = [...results, destroyed].map(({ stdout, stderr }) => stdout + stderr).concat(logs, history, more, commandLines(one));
    for (const secret of [...hidden, remote, self]) expect(said.join('\n').includes(secret), secret).toBe(false);
  }

  async function assertModes(one: Scene): Promise<void> {
    const modes = Object.entries(await snapshot(one.machine.stateDir)).map(([path, what]) => [path, what.split(' ')[0]!] as const);
    expect(modes.length).toBeGreaterThan(5);
    // 1: a socket lies in a directory that is private itself.
    const open = modes.filter(([, mode]) => !/^(100600|40700|14\d{4})$/.test(mode));
    expect(open).toEqual([]);
  }

  test('of local processes', async () => {
    const engine = { command: waiting, env: { TOKEN: '${env:TOKEN}' } };
    const one = await scene({ spec: specs.process({ engine }) });
    const results = await tellAll(one);
    expect(await one.must(['exec', 'NAME', '--', 'printenv', 'TOKEN'])).toBe('env-secret-5b1f\n');
    await assertModes(one);
    await assertKept(one, results, '');
  });

  test('on docker: labels too', async () => {
    const fake = await fakeDocker();
    fake.state.registry.set('registry.test/private:1', { auth: { username: 'u', password: 'pull-secret-77aa' } });
    const engine = { image: 'registry.test/private:1', pull_secret: 'env:PULL', env: { TOKEN: '${env:TOKEN}' } };
    const one = await scene({ docker: fake, spec: specs.fake({ engine }) });
    const results = await tellAll(one);
    const labels = [...fake.state.containers.values()].map(({ config }) => JSON.stringify([config.Labels, config.Cmd]));
    expect(labels).toHaveLength(1);
    await assertModes(one);
    const stored = await Promise.all(
      Object.keys(await snapshot(one.machine.stateDir)).map((path) => readFile(path, 'utf8').catch(() => '')),
    );
    expect(stored.join('').includes('pull-secret-77aa')).toBe(false);
    await assertKept(one, results, labels.join('\n'));
  });

  test('a saved plan is private', async () => {
    const one = await scene({ spec: specs.process() });
    await one.must(['plan', 'SPEC', '--out', 'saved.plan']);
    expect(((await lstat(join(one.folder, 'saved.plan'))).mode & 0o777).toString(8)).toBe('600');
  });
});

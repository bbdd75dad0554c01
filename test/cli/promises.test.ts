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

describe('6: secrets are in no output, log, event, label or command line, and their files are private', () => {
  const pull = '{"username": "u", "password": "pull-secret-77aa"}';
  const secrets = { TOKEN: 'env-secret-5b1f', PULL: pull };
  const changed = { TOKEN: 'env-secret-90c2', PULL: pull };
  const hidden = ['env-secret-5b1f', 'env-secret-90c2', 'pull-secret-77aa'];

  const apply = ['apply', 'SPEC', '--auto-approve'];
  const plans = [
    ['plan', 'SPEC', '--debug'],
    ['plan', 'SPEC', '--json', '--debug'],
    ['plan', 'SPEC', '--markdown'],
  ];
  const looks = [
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

  async function runAll(one: Scene, env: Record<string, string>, commands: string[][]): Promise<CliResult[]> {
    const results: CliResult[] = [];
    for (const args of commands) {
      const result = await one.cli(args, { env });
      expect(result.code, `mayfly ${args.join(' ')}: ${result.stderr}`).toBe(0);
      results.push(result);
    }
    return results;
  }

  /** Makes a worker, then replaces its engine for another secret: every output of it. */
  async function printAll(one: Scene): Promise<CliResult[]> {
    const made = await runAll(one, secrets, [...plans, [...apply, '--json', '--debug'], apply, ...looks]);
    const replaced = await runAll(one, changed, [...plans, [...apply, '--json', '--debug']]);
    expect(replaced[0]!.stdout).toMatch(/-\/\+ \S+\.engine +replaced\n +env changes \(forces a replacement\)/);
    return [...made, ...replaced];
  }

  async function assertKept(one: Scene, results: CliResult[], more: string): Promise<void> {
    const { remote_key: remote, self_key: self } = await accessOf(one);
    const log = await readFile(join(one.machine.stateDir, 'keeper.log'), 'utf8');
    const watched = await readFile(join(one.machine.stateDir, 'keeper-watch.json'), 'utf8');
    const commandLine = readFileSync(`/proc/${keeperOf(one.machine)}/cmdline`, 'utf8');
    const destroyed = await one.cli(['destroy', 'NAME', '--auto-approve', '--json']);
    const history = await Promise.all(
      (await readdir(join(one.machine.stateDir, 'history'))).map((file) => readFile(join(one.machine.stateDir, 'history', file), 'utf8')),
    );
    const said = [...results, destroyed].map(({ stdout, stderr }) => stdout + stderr).concat(log, watched, commandLine, history, more);
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
    const results = await printAll(one);
    expect(await one.must(['exec', 'NAME', '--', 'printenv', 'TOKEN'])).toBe('env-secret-90c2\n');
    await assertModes(one);
    await assertKept(one, results, '');
  });

  test('on docker: labels too', async () => {
    const fake = await fakeDocker();
    fake.state.registry.set('registry.test/private:1', { auth: { username: 'u', password: 'pull-secret-77aa' } });
    const engine = { image: 'registry.test/private:1', pull_secret: 'env:PULL', env: { TOKEN: '${env:TOKEN}' } };
    const one = await scene({ docker: fake, spec: specs.fake({ engine }) });
    const results = await printAll(one);
    await one.write(specs.fake({ engine, memory: 65 }));
    const updated = await runAll(one, changed, [...plans, [...apply, '--debug']]);
    expect(updated[0]!.stdout).toMatch(/~ docker_container\.engine +in place\n +memory: 64 → 65/);
    const labels = [...fake.state.containers.values()].map(({ config }) => JSON.stringify([config.Labels, config.Cmd]));
    expect(labels).toHaveLength(1);
    await assertModes(one);
    const stored = await Promise.all(
      Object.keys(await snapshot(one.machine.stateDir)).map((path) => readFile(path, 'utf8').catch(() => '')),
    );
    expect(stored.join('').includes('pull-secret-77aa')).toBe(false);
    await assertKept(one, [...results, ...updated], labels.join('\n'));
  });

  test('a saved plan is private', async () => {
    const one = await scene({ spec: specs.process() });
    await one.must(['plan', 'SPEC', '--out', 'saved.plan']);
    expect(((await lstat(join(one.folder, 'saved.plan'))).mode & 0o777).toString(8)).toBe('600');
  });
});

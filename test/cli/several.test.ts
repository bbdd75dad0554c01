import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { fakeDocker, jsonLines, type Scene, scene, type SpecFile } from './scene.js';
import { freePort, specs } from './specs.js';

/** Documents of the file, each a JSON text, which is YAML too. */
async function writeAll(one: Scene, all: Record<string, SpecFile>): Promise<void> {
  await writeFile(
    one.specPath,
    Object.entries(all)
      .map(([name, spec]) => JSON.stringify({ name, ...spec }, null, 2))
      .join('\n---\n'),
  );
}

describe('several workers in one file', () => {
  test('from validate to destroy', async () => {
    const one = await scene();
    const [a, b] = [`${one.name}-a`, `${one.name}-b`];
    await writeAll(one, { [a]: specs.process(), [b]: specs.process() });
    expect(await one.must(['validate', 'SPEC'])).toBe(`${one.specPath}: valid (${a}, ${b})\n`);
    expect(jsonLines(await one.must(['validate', 'SPEC', '--json'])).map(({ name }) => name)).toEqual([a, b]);

    const planned = await one.cli(['plan', 'SPEC', '--detailed-exitcode']);
    expect(planned.code).toBe(2);
    expect(planned.stdout.match(/^ {2}\S+ · process/gm)).toEqual([`  ${a} · process`, `  ${b} · process`]);
    const lines = jsonLines(await one.must(['plan', 'SPEC', '--json']));
    expect(lines.filter(({ type }) => type === 'version')).toHaveLength(1);
    expect(lines.filter(({ type }) => type === 'planned_change').map(({ worker }) => worker)).toEqual([a, b]);

    const applied = await one.cli(['apply', 'SPEC', '--auto-approve']);
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout.match(/worker +\S+/g)).toEqual([`worker   ${a}`, `worker   ${b}`]);
    for (const name of [a, b]) expect(applied.stderr).toMatch(new RegExp(`^${name}: mayfly_process\\.engine: created in \\d`, 'm'));
    expect((await one.cli(['plan', 'SPEC', '--detailed-exitcode'])).code).toBe(0);

    expect(await one.must(['graph', 'SPEC'])).toMatch(new RegExp(`^%% ${a}\nflowchart LR\n[\\s\\S]*^%% ${b}\nflowchart LR$`, 'm'));
    expect(await one.must(['synth', 'SPEC', '--out', 'stacks'])).toBe(`stacks/${a}/cdk.tf.json\nstacks/${b}/cdk.tf.json\n`);
    expect(JSON.parse(await readFile(join(one.folder, 'stacks', b, 'cdk.tf.json'), 'utf8'))).toHaveProperty('resource.mayfly_process');

    const destroyed = await one.must(['destroy', 'SPEC', '--auto-approve']);
    expect(destroyed).toBe(`${a} is destroyed: 2 objects removed.\n${b} is destroyed: 2 objects removed.\n`);
    expect(await one.must(['list'])).toBe('No workers.\n');
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('one that fails does not stop the others, and the exit code says so', async () => {
    const one = await scene();
    const [bad, good] = [`${one.name}-bad`, `${one.name}-good`];
    // Of one without a port, that it runs is all that is asked, and that for a moment it does.
    const engine = { command: ['sh', '-c', 'exit 3'], port: await freePort() };
    await writeAll(one, { [bad]: specs.process({ engine }), [good]: specs.process() });
    const { code, stdout, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`worker   ${good}$`, 'm'));
    expect(stderr).toMatch(new RegExp(`^${bad}:\nError: `, 'm'));
    expect(await one.must(['list'])).toMatch(new RegExp(`^${good} +process +ready`, 'm'));
    const destroyed = await one.cli(['destroy', 'SPEC', '--auto-approve', '--json']);
    expect(destroyed.code, destroyed.stderr).toBe(0);
    expect(jsonLines(destroyed.stdout).filter(({ destroyed }) => destroyed === true)).toMatchObject([
      { worker: bad, gone_already: true },
      { worker: good, gone_already: false },
    ]);
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('one that no backend can satisfy: 3, and what the others are', async () => {
    const one = await scene();
    await writeAll(one, { [`${one.name}-a`]: specs.process({ cpu: 10_000_000 }), [`${one.name}-b`]: specs.process() });
    const { code, stdout, stderr } = await one.cli(['plan', 'SPEC', '--detailed-exitcode']);
    expect(code).toBe(3);
    expect(stdout).toContain(`${one.name}-b · process`);
    expect(stderr).toContain(`${one.name}-a: no backend can satisfy the spec`);
  });

  test('on docker', async () => {
    const one = await scene({ docker: await fakeDocker() });
    const names = ['a', 'b', 'c'].map((suffix) => `${one.name}-${suffix}`);
    await writeAll(one, Object.fromEntries(names.map((name) => [name, specs.fake()])));
    const { code, stdout, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/worker +\S+/g)).toEqual(names.map((name) => `worker   ${name}`));
    expect((await one.must(['destroy', 'SPEC', '--auto-approve'])).match(/is destroyed/g)).toHaveLength(3);
    expect(await one.must(['list', '--backend', 'docker'])).toBe('No workers.\n');
  });

  const refusals: Record<string, { args: string[]; says: RegExp }> = {
    'a saved plan': {
      args: ['plan', 'SPEC', '--out', 'saved'],
      says: /^Error: --out: a saved plan holds one worker, and .* describes 2\n {2}→ apply the file itself/,
    },
    'one name for all': {
      args: ['plan', 'SPEC', '--name', 'x'],
      says: /^Error: --name: .* holds 2 workers, but --name names one\n {2}→ give each/,
    },
    run: {
      args: ['run', 'SPEC', '--', 'true'],
      says: /^Error: .*:\d+:\d+: the file holds several workers, but only one is expected here\n {2}→ keep one spec/,
    },
  };
  test.for(Object.entries(refusals))('refused: %s', async ([, { args, says }]) => {
    const one = await scene();
    await writeAll(one, { a: specs.process(), b: specs.process() });
    expect(await one.cli(args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(says) });
  });

  test('approved one after the other', async () => {
    const one = await scene();
    await writeAll(one, { a: specs.process(), b: specs.process() });
    const { code, stderr } = await one.cli(['apply', 'SPEC']);
    expect(code).toBe(1);
    expect(stderr.match(/there is no terminal to ask for approval/g)).toHaveLength(2);
  });
});

describe.skipIf(!dockerAvailable())('several workers in one file, on real Docker', () => {
  test('applied and destroyed at once', async () => {
    const one = await scene({ docker: 'real' });
    // The scene's daemon shows the worker of its own name alone: the other is a local process.
    await writeAll(one, { [one.name]: specs.docker(), [`${one.name}-p`]: specs.process() });
    const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
    expect(code, stderr).toBe(0);
    expect(await one.must(['destroy', 'SPEC', '--auto-approve'])).toMatch(/is destroyed: \d+ objects removed\.\n.*is destroyed/);
    expect(await one.leftAtLast()).toEqual([]);
  });
});

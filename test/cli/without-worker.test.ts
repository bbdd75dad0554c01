import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/index.js';
import { usageOf } from '../../src/cli/declaration.js';
import { request } from '../spec/support.js';
import { cliPath } from '../support/run-cli.js';
import { type Scene, scene } from './scene.js';
import { specs } from './specs.js';

test('help lists every command, and each has help of its own', async () => {
  const one = await scene();
  const help = await one.must(['--help']);
  for (const command of commands) {
    expect(help).toContain(`mayfly ${usageOf(command)}`);
    expect(help.replace(/\s+/g, ' ')).toContain(command.describe);
  }
  expect(help).not.toContain('keeper run');
  expect(await one.must(['exec', '--help'])).toMatch(/Positionals:[\s\S]*worker[\s\S]*container[\s\S]*--interactive/);
  expect(await one.must(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("help introduces its words, and lists a command's own options before those of every command", async () => {
  const one = await scene();
  const help = (await one.must(['--help'])).replace(/\s+/g, ' ');
  expect(help).toContain("its engine (the worker's own first container)");
  expect(help).toContain('the Mélodium engine, which runs distributed stream-processing programs');
  const listed = (await one.must(['exec', '--help'])).match(/^[A-Z][a-z ]+:$|(?<=^ +(?:-[a-zA-Z], +)?)--[a-z-]+|^ {2}(worker|container)/gm);
  expect(listed).toEqual([
    ...['Positionals:', '  worker', '  container'],
    ...[
      'Options:',
      '--interactive',
      '--grace',
      '--env',
      '--env-file',
      '--workdir',
      '--user',
      '--tty',
      '--fresh',
      '--detach',
      '--timeout',
      '--keep-output',
      '--attach',
      '--output',
      '--stop',
    ],
    ...['Options of every command:', '--backend', '--server', '--json', '--debug', '--help', '--version'],
    'Examples:',
  ]);
});

test('every command is in the README or the docs', async () => {
  const files = ['README.md', 'docs/spec.md', 'docs/architecture.md'].map((path) =>
    fileURLToPath(new URL(`../../${path}`, import.meta.url)),
  );
  const texts = await Promise.all(files.map((path) => readFile(path, 'utf8').catch(() => '')));
  const names = commands.map(({ name }) => name);
  expect(names.filter((name) => !texts.some((text) => new RegExp(`mayfly ${name}\\b|\`${name}\\b`).test(text)))).toEqual([]);
});

test('schema is what is shipped', async () => {
  const one = await scene();
  expect(await one.must(['schema'])).toBe(await readFile(join(cliPath, '..', 'spec.schema.json'), 'utf8'));
});

/** Two projects do not get workers of one name. */
const folderName = ({ folder }: Scene) => basename(folder).toLowerCase();

describe('init writes what validate and plan accept', () => {
  test('for local processes', async () => {
    const one = await scene();
    expect(await one.must(['init', 'first.yaml', '--backend', 'process'])).toContain('Next: mayfly plan first.yaml');
    expect(await one.must(['validate', 'first.yaml'])).toBe(`first.yaml: valid (${folderName(one)})\n`);
    expect(await one.must(['plan', 'first.yaml'])).toContain('Plan: 1 to add');
  });

  test('for docker', async () => {
    const one = await scene();
    expect(JSON.parse(await one.must(['init', '--json']))).toEqual({ file: 'mayfly.yaml', backend: 'docker' });
    expect(await one.must(['validate', 'mayfly.yaml'])).toBe(`mayfly.yaml: valid (${folderName(one)})\n`);
  });
});

test('a request of Mélodium is a valid spec on stdin, and refused where there is nothing to run it with', async () => {
  const one = await scene();
  const input = request;
  expect(await one.must(['validate', '-', '--name', 'steps'], { input })).toBe('-: valid (steps)\n');
  const { code, stderr } = await one.cli(['plan', '-', '--name', 'steps'], { input });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^Error: steps: no backend can satisfy the spec$/m);
  expect(stderr).toMatch(/there is no `melodium` on the PATH/);
});

describe('settings: a file up the folders, then MAYFLY_*, then flags', () => {
  test('each wins over the one before', async () => {
    const one = await scene({ spec: specs.process() });
    const below = join(one.folder, 'a', 'b');
    await mkdir(below, { recursive: true });
    const backendOf = async (args: string[], env: Record<string, string> = {}) => {
      const { stdout, stderr } = await one.cli(['plan', 'SPEC', ...args], { cwd: below, env });
      return /on (\w+), as asked/.exec(stdout)?.[1] ?? /^ {2}(docker|process): /m.exec(stderr)?.[1] ?? 'none asked';
    };
    expect(await backendOf([])).toBe('none asked');
    await writeFile(join(one.folder, 'mayfly.config.yaml'), 'backend: docker\n');
    expect(await backendOf([])).toBe('docker');
    await writeFile(join(one.folder, 'a', 'mayfly.config.yaml'), 'backend: process\n');
    expect(await backendOf([])).toBe('process');
    expect(await backendOf([], { MAYFLY_BACKEND: 'docker' })).toBe('docker');
    expect(await backendOf(['--backend', 'process'], { MAYFLY_BACKEND: 'docker' })).toBe('process');
  });

  test("the user's own comes last, and a state directory may be set anywhere", async () => {
    const one = await scene({ spec: specs.process() });
    const own = join(one.machine.home, '.config', 'mayfly');
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'mayfly.config.yaml'), `state_dir: ${one.folder}/own\n`);
    const stateIn = async (env: Record<string, string | undefined>) => /^state in (.*)$/m.exec(await one.must(['doctor'], { env }))?.[1];
    expect(await stateIn({ MAYFLY_STATE_DIR: undefined })).toBe(`${one.folder}/own`);
    expect(await stateIn({})).toBe(one.machine.stateDir);
    await writeFile(join(one.folder, 'mayfly.config.yaml'), `state_dir: ${one.folder}/near\n`);
    expect(await stateIn({ MAYFLY_STATE_DIR: undefined })).toBe(`${one.folder}/near`);
  });
});

test('no escape codes without a terminal', async () => {
  const one = await scene({ spec: specs.process() });
  for (const args of [['plan', 'SPEC'], ['--help'], ['list'], ['plan', 'no.yaml']]) {
    const { stdout, stderr } = await one.cli(args);
    expect(stdout + stderr).not.toContain('\x1b');
  }
});

test('a reader that leaves early is no error', async () => {
  const one = await scene();
  const running = await one.start(['schema']);
  running.child.stdout!.destroy();
  const { stderr } = await running.done;
  expect(stderr).toBe('');
});

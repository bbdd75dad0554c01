import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingsOf } from '../../src/cli/commands/shared/command-settings.js';
import { MayflyError } from '../../src/errors.js';
import { tempDir } from '../support/temp-dir.js';
import { scene } from './scene.js';
import { specs } from './specs.js';

const own = { TOKEN: 'hush' };

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await tempDir('env'), 'vars.env');
  await writeFile(path, content);
  return path;
}

function refusal(given: Parameters<typeof settingsOf>[0]): MayflyError {
  try {
    settingsOf(given, own);
  } catch (error) {
    if (error instanceof MayflyError) return error;
  }
  throw new Error('expected a refusal');
}

test('variables come from files, then from options: the last one wins', async () => {
  const envFile = [await fileOf('A=1\nB=1\nC=1\nTOKEN\n'), await fileOf('B=2\n')];
  expect(settingsOf({ envFile, env: ['C=3', 'D='], user: '0:0', workdir: '/a b' }, own)).toEqual({
    env: { A: '1', B: '2', C: '3', D: '', TOKEN: 'hush' },
    user: '0:0',
    workingDir: '/a b',
  });
});

test('a mistake is refused with its place, and without a value', async () => {
  expect(refusal({ env: ['hush hush'] })).toMatchObject({ code: 'usage', place: { path: '--env' } });
  expect(refusal({ env: ['UNSET'] })).toMatchObject({
    message: 'the variable UNSET is not set',
    remedy: 'set UNSET, or write UNSET=VALUE',
  });
  const file = await fileOf('A=1\nhush hush\nUNSET\n');
  const { problems } = refusal({ envFile: [file] });
  expect(problems.map(({ place }) => place)).toEqual([
    { file, line: 2 },
    { file, line: 3 },
  ]);
  expect(JSON.stringify(problems)).not.toContain('hush');
  expect(refusal({ envFile: ['/none'] })).toMatchObject({ place: { file: '/none', path: '--env-file' }, message: 'does not exist' });
  expect(refusal({ envFile: [await fileOf(Buffer.alloc(2 ** 20 + 1))] }).message).toBe('is larger than 1 MB');
  expect(refusal({ workdir: 'src' })).toMatchObject({ place: { path: '--workdir' }, message: /absolute path in the container, got "src"/ });
});

test('a command of run and of exec gets its variables, and nothing that mayfly writes holds a value', async () => {
  const one = await scene({ spec: specs.process(), env: { TOKEN: 'hush-1' } });
  const file = await fileOf('FROM_FILE=hush-2\nA=file\n');
  const options = ['--env', 'A=1', '--env', 'TOKEN', '--env-file', file, '--workdir', '/'];
  const command = ['sh', '-c', 'echo "$A $TOKEN $FROM_FILE ${PWD##*/}"'];
  const ran = await one.cli(['run', ...options, 'SPEC', '--', ...command]);
  expect([ran.code, ran.stdout]).toEqual([0, '1 hush-1 hush-2 home\n']);
  await one.must(['apply', 'SPEC', '--auto-approve']);
  expect(await one.must(['exec', ...options, 'NAME', 'engine', ...command])).toBe('1 hush-1 hush-2 home\n');
  const written = await readdir(one.machine.stateDir, { recursive: true, withFileTypes: true });
  const files = written.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(3);
  for (const path of files) expect(await readFile(path, 'utf8'), path).not.toContain('hush');
  expect(ran.stderr).not.toContain('hush');
  expect((await one.cli(['exec', '--user', 'root', 'NAME', '--', 'true'])).stderr).toMatch(/--user: local processes run as the user/);
  await one.must(['destroy', 'NAME', '--auto-approve']);
});

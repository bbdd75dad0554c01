import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp-dir.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** A project that has the package, Node's types and nothing else: what the package lacks is missing here too. */
async function project(): Promise<string> {
  const directory = await tempDir('project');
  const installed = join(directory, 'node_modules', 'mayfly');
  await mkdir(join(directory, 'node_modules', '@types'), { recursive: true });
  await mkdir(installed);
  for (const part of ['package.json', 'dist']) await cp(join(root, part), join(installed, part), { recursive: true });
  for (const part of ['@types/node', 'undici-types']) {
    await symlink(join(root, 'node_modules', part), join(directory, 'node_modules', part));
  }
  return directory;
}

test('its types need no other package, and a spec is loaded without options', async () => {
  const directory = await project();
  const program = `import { loadSpec, openMayfly, type Plan } from 'mayfly';
const { spec } = await loadSpec('x.yaml');
const mayfly = await openMayfly();
export const plan: Plan = await mayfly.plan(spec);
`;
  await writeFile(join(directory, 'use.mts'), program);
  const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = run(process.execPath, [compiler, ...options, 'use.mts'], { cwd: directory });
  expect(await compiled.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({ stdout: '' });
});

test('a program of CommonJS gets it with require', async () => {
  const directory = await project();
  const program = `require('mayfly').loadSpec('x.yaml').catch((error) => console.log(error.name, error.code, error.place.file));`;
  await writeFile(join(directory, 'use.cjs'), program);
  const { stdout } = await run(process.execPath, ['use.cjs'], { cwd: directory });
  expect(stdout).toBe('MayflyError spec_unreadable x.yaml\n');
});

test('an error that a program does not catch is printed in readable lines', async () => {
  const directory = await project();
  await writeFile(join(directory, 'use.mjs'), `import { loadSpec } from 'mayfly';\nawait loadSpec('x.yaml');\n`);
  const failed = await run(process.execPath, ['use.mjs'], { cwd: directory }).catch(({ stderr }: { stderr: string }) => ({ stderr }));
  expect(failed.stderr).toContain('MayflyError: does not exist');
  expect(Math.max(...failed.stderr.split('\n').map((line) => line.length))).toBeLessThan(300 + dirname(directory).length);
});

test('the command line reads a bundle without the AWS SDK, which is in a file of its own', async () => {
  const [commandLine, aws] = await Promise.all(['cli.cjs', 'aws.cjs'].map((name) => readFile(join(root, 'dist', name), 'utf8')));
  // A header that each of its calls has.
  expect(commandLine).not.toContain('amz-sdk-invocation-id');
  expect(aws).toContain('amz-sdk-invocation-id');
  // Bytes: 5 % more than in November 2026. A move of a file may fold a large package in.
  expect(Buffer.byteLength(commandLine!)).toBeLessThan(1_520_000);
});

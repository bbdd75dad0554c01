import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands/index.js';
import { cliPath } from '../support/run-cli.js';
import { type Scene, scene } from './scene.js';

/** A machine that has made these workers. */
async function withWorkers(): Promise<Scene> {
  const one = await scene();
  for (const worker of ['docker/ci-one', 'process/ci-two', 'process/other'])
    await mkdir(join(one.machine.stateDir, 'workers', worker), { recursive: true });
  return one;
}

const names = commands.map(({ name }) => name);
const cases: Record<string, { typed: string[]; has: string[]; hasNot?: string[] }> = {
  commands: { typed: [''], has: names, hasNot: ['__completion'] },
  'a command begun': { typed: ['ex'], has: ['extend', 'exec'], hasNot: ['plan'] },
  'workers by their names': { typed: ['show', ''], has: ['ci-one', 'ci-two', 'other'], hasNot: ['--json'] },
  'a worker begun': { typed: ['exec', 'ci-'], has: ['ci-one', 'ci-two'], hasNot: ['other'] },
  "a command's options": { typed: ['logs', 'ci-one', '--'], has: ['--follow', '--tail', '--since', '--json'], hasNot: ['ci-one', '--out'] },
  'an option begun': { typed: ['plan', '--o'], has: ['--out'], hasNot: ['--strict'] },
  'choices of an option': { typed: ['list', '--backend', ''], has: ['docker', 'process'] },
  'no worker where a spec goes': { typed: ['plan', ''], has: [], hasNot: ['ci-one'] },
};
test.for(Object.entries(cases))('completes %s', async ([, { typed, has, hasNot = [] }]) => {
  const one = await withWorkers();
  const { code, stdout, stderr } = await one.cli(['--get-yargs-completions', 'mayfly', ...typed]);
  expect([code, stderr]).toEqual([0, '']);
  const words = stdout.split('\n');
  expect(words).toEqual(expect.arrayContaining(has));
  for (const word of hasNot) expect(words).not.toContain(word);
});

test("a shell's tab key", async () => {
  const one = await withWorkers();
  await writeFile(join(one.folder, 'mayfly'), `#!/bin/sh\nexec '${process.execPath}' '${cliPath}' "$@"\n`, { mode: 0o755 });
  await writeFile(join(one.folder, 'completion.sh'), await one.must(['completion', 'bash']));
  const script = `. ./completion.sh; COMP_WORDS=(mayfly show oth); COMP_CWORD=2; _mayfly_yargs_completions; echo "$COMPREPLY"`;
  const env = { ...one.machine.env, PATH: `${one.folder}:${process.env['PATH']}` };
  expect(execFileSync('bash', ['-c', script], { cwd: one.folder, env, encoding: 'utf8' })).toBe('other\n');
  expect(await one.must(['completion', 'zsh'])).toMatch(/^#compdef mayfly\n/);
});

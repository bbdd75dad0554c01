import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Cli, type Product } from '../../../src/apply/terraform/cli.js';
import type { MayflyError } from '../../../src/errors.js';
import { tempDir } from '../../support/temp-dir.js';
import { fakeCli, never } from './support.js';

const run = { cwd: '/', stop: never, abort: never };
const says = (version: string) => `echo '{"terraform_version":"${version}","platform":"linux_amd64"}'`;

describe('a CLI that will do', () => {
  test.each<[Product, string]>([
    ['terraform', '1.5.0'],
    ['terraform', '1.11.4'],
    ['terraform', '2.0.0-beta1'],
    ['tofu', '1.6.0'],
    ['tofu', '1.10.7'],
  ])('%s %s', async (product, version) => {
    expect(await new Cli(product, await fakeCli(says(version), product), true).version(run, 'w')).toBe(version);
  });

  test('is asked its version once', async () => {
    const counter = join(await tempDir(), 'asked');
    const cli = new Cli('terraform', { ...(await fakeCli(`echo asked >>"$COUNTER"; ${says('1.9.0')}`)), COUNTER: counter }, true);
    await Promise.all([cli.version(run, 'w'), cli.version(run, 'w')]);
    expect(await readFile(counter, 'utf8')).toBe('asked\n');
  });

  test('the user’s own arguments, workspace and directories are kept from it', async () => {
    const own = { TF_CLI_ARGS: '-x', TF_CLI_ARGS_plan: '-x', TF_WORKSPACE: 'w', TF_DATA_DIR: '/d', TF_VAR_kept: 'yes' };
    const cli = new Cli('terraform', { ...(await fakeCli('env')), ...own }, true);
    const { stdout } = await cli.run(['plan'], run, { DOCKER_HOST: 'unix:///x' });
    const names = stdout.split('\n').filter((line) => /^(TF_|DOCKER_|CHECKPOINT)/.test(line));
    expect(names.sort()).toEqual(['CHECKPOINT_DISABLE=1', 'DOCKER_HOST=unix:///x', 'TF_INPUT=0', 'TF_IN_AUTOMATION=1', 'TF_VAR_kept=yes']);
  });
});

describe('a CLI that will not do says why, and what to do', () => {
  const bad: Record<string, { body: string | null; product?: Product; cause: RegExp }> = {
    'none on the PATH': { body: null, cause: /there is no terraform command on the PATH/ },
    'no tofu on the PATH': { body: null, product: 'tofu', cause: /there is no tofu command on the PATH/ },
    'one too old': { body: says('1.4.7'), cause: /this is Terraform 1\.4\.7, but mayfly needs Terraform 1\.5 or newer/ },
    'one of another age': { body: says('0.15.4'), cause: /Terraform 0\.15\.4/ },
    'an OpenTofu too old': { body: says('1.5.9'), product: 'tofu', cause: /OpenTofu 1\.6 or newer/ },
    'one that says nothing': { body: 'exit 0', cause: /printed no version/ },
    'one that says garbage': { body: 'echo "{"', cause: /printed no version: \{/ },
    'one that fails': { body: 'echo broken library >&2; exit 3', cause: /broken library/ },
    'one that is killed': { body: 'kill -9 $$', cause: /killed by SIGKILL/ },
  };
  test.each(Object.entries(bad))('%s', async (_title, { body, product = 'terraform', cause }) => {
    const env = body === null ? { PATH: '/nowhere' } : await fakeCli(body, product);
    const told = async (replaceable: boolean) =>
      (await new Cli(product, env, replaceable).version(run, 'w').catch((thrown: unknown) => thrown)) as MayflyError;
    const error = await told(true);
    expect(error).toMatchObject({ code: 'applier_unavailable', message: expect.stringMatching(cause), place: { path: product } });
    expect(error.remedy).toMatch(/install (Terraform|OpenTofu) 1\.\d or newer.*give --applier embedded/);
    // With a remote state the embedded applier refuses.
    expect((await told(false)).remedy).not.toContain('embedded');
  });
});

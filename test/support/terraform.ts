import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TerraformResult {
  code: number;
  stdout: string;
  stderr: string;
}

const cacheDir = process.env.MAYFLY_TEST_CACHE ?? join(homedir(), '.cache', 'mayfly-test');

/** Where scripts/build-provider.sh lays the provider out. */
export const providerMirror = join(cacheDir, 'provider', 'current', 'mirror');

/** Builds the provider when it isn't there yet (minutes), or waits for a build under way. */
export const ensureProvider = () => build('build-provider.sh');

async function build(script: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const { code, stderr } = await run(path, [], process.env);
  if (code !== 0) throw new Error(`${script} failed:\n${stderr}`);
}

/**
 * Whether the `terraform` CLI and a built provider are there; building it is not a test's business.
 * @throws where they must be (`MAYFLY_REQUIRE_INTEROP=1`) and aren't
 */
export async function interopAvailable(): Promise<boolean> {
  const required = process.env.MAYFLY_REQUIRE_INTEROP === '1';
  if (required) await ensureProvider();
  const { code } = await run('terraform', ['version'], { ...process.env, CHECKPOINT_DISABLE: '1' });
  const there = code === 0 && existsSync(providerMirror);
  if (required && !there) throw new Error('MAYFLY_REQUIRE_INTEROP is set, but there is no terraform CLI on the PATH');
  return there;
}

/** Writes a CLI configuration into `dir` by which terraform takes the provider from our mirror and nothing from anywhere else. */
export async function terraformCliConfig(dir: string, mirror = providerMirror): Promise<string> {
  const path = join(dir, 'terraform.tfrc');
  await mkdir(dir, { recursive: true });
  await writeFile(
    path,
    `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ["registry.terraform.io/kreuzwerker/docker", "registry.opentofu.org/kreuzwerker/docker"]
  }
}
`,
  );
  return path;
}

export type Product = 'terraform' | 'tofu';

/** Where scripts/build-tofu.sh puts OpenTofu: it is no package of a distribution. */
const tofuDirectory = join(cacheDir, 'tofu', 'current');

/** The PATH on which both CLIs are found, as far as they are there. */
export const productPath = `${process.env.PATH ?? ''}:${tofuDirectory}`;

/** The same as `interopAvailable`, for OpenTofu. */
export async function tofuAvailable(): Promise<boolean> {
  if (!(await interopAvailable())) return false;
  if (process.env.MAYFLY_REQUIRE_INTEROP === '1') await build('build-tofu.sh');
  return existsSync(join(tofuDirectory, 'tofu'));
}

/** Runs terraform in `cwd`; the CLI configuration is written beside, not into, what it works on. Any exit code is an answer. */
export async function runTerraform(
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; product?: Product },
): Promise<TerraformResult> {
  const config = await terraformCliConfig(join(options.cwd, '.terraform-cli'));
  const env = {
    ...process.env,
    TF_CLI_CONFIG_FILE: config,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    PATH: productPath,
    ...options.env,
  };
  return run(options.product ?? 'terraform', [...args, ...(takesNoColor(args) ? ['-no-color'] : [])], env, options.cwd);
}

function takesNoColor(args: readonly string[]): boolean {
  return /^(init|plan|apply|destroy|show|validate|output|refresh)$/.test(args[0] ?? '') && !args.includes('-no-color');
}

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<TerraformResult> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, cwd, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      // Not started at all: 127, as a shell would say.
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
    child.stdin?.end();
  });
}

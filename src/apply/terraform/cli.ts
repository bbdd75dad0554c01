import { delimiter, isAbsolute, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { MayflyError } from '../../errors.js';
import { type ChildOptions, type ChildResult, notFound, runChild } from './child.js';
import { lastLines } from './last-lines.js';
import { throwIfInterrupted } from '../interrupted.js';

export type Product = 'terraform' | 'tofu';

const products = {
  terraform: { title: 'Terraform', least: [1, 5], install: 'https://developer.hashicorp.com/terraform/install' },
  tofu: { title: 'OpenTofu', least: [1, 6], install: 'https://opentofu.org/docs/intro/install' },
} as const;

type Environment = Record<string, string | undefined>;
export type Run = Pick<ChildOptions, 'cwd' | 'stop' | 'abort' | 'onLine'>;

/** Variables for the user's own work with the CLI. They would change our commands, so they are removed. */
const foreign = /^TF_(CLI_ARGS(_.*)?|WORKSPACE|DATA_DIR|IN_AUTOMATION|INPUT)$/;

/** The terraform or the tofu program on the PATH. */
export class Cli {
  private foundVersion: Promise<string> | null = null;

  constructor(
    readonly product: Product,
    private readonly env: Environment,
    /** Whether the embedded applier can do the same work. With a remote state it cannot. */
    readonly replaceable: boolean,
  ) {}

  /** The program's version, such as `1.11.4`. @throws MayflyError `applier_unavailable` if it is missing or too old; `interrupted` */
  version(run: Run, worker: string): Promise<string> {
    this.foundVersion ??= this.askVersion(run, worker);
    return this.foundVersion;
  }

  /** Runs the program to its end. `env`: added to our environment. Resolves with any exit code. */
  run(args: readonly string[], run: Run, env: Environment = {}): Promise<ChildResult> {
    const own = Object.fromEntries(Object.entries(this.env).filter(([name]) => !foreign.test(name)));
    const all = { ...own, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1', ...env };
    return runChild(this.product, args, { ...run, env: all });
  }

  private async askVersion(run: Run, worker: string): Promise<string> {
    const { title, least, install } = products[this.product];
    const wanted = `${title} ${least.join('.')} or newer`;
    const unusable = (cause: string) =>
      new MayflyError('applier_unavailable', {
        place: { path: this.product },
        cause,
        remedy: `install ${wanted} (${install})${this.replaceable ? ', or give --applier embedded, which needs no other program' : ''}`,
      });
    if (!onPath(this.product, this.env)) throw unusable(`there is no ${this.product} command on the PATH`);
    const { code, signal, stdout, stderr } = await this.run(['version', '-json'], run);
    throwIfInterrupted(run, worker);
    if (code === notFound) throw unusable(`there is no ${this.product} command on the PATH`);
    const version = versionIn(stdout);
    if (code !== 0 || version === null) {
      const output = lastLines(stderr || stdout, 1)[0] ?? (signal ? `it was killed by ${signal}` : `exit code ${code}`);
      throw unusable(`\`${this.product} version -json\` printed no version: ${output}`);
    }
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < least[0] || (major === least[0] && minor < least[1]))
      throw unusable(`this is ${title} ${version}, but mayfly needs ${wanted}`);
    return version;
  }
}

/** The version in the output of `version -json`. Both programs use the key `terraform_version`. */
function versionIn(stdout: string): string | null {
  try {
    const { terraform_version: version } = JSON.parse(stdout) as { terraform_version?: unknown };
    return typeof version === 'string' && /^\d+\.\d+\./.test(version) ? version : null;
  } catch {
    return null;
  }
}

function onPath(program: string, env: Environment): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((directory) => {
    if (!isAbsolute(directory)) return false;
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

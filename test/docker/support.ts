import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { images, must, ownedObjects, removeOwned } from '../support/docker.js';
import { type CliResult, type Machine, machine, runCli } from '../support/run-cli.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';

/** A spec as its file has it; the name is the test's own. */
export type SpecFile = Record<string, unknown>;

/** Prints a line, then waits; TERM ends it at once. */
export const wait = (line = 'up') => ['sh', '-c', `echo ${line}; trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done`];
/** Answers every request on 8080 with `hello`. */
export const serve = ['sh', '-c', 'mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'];

/** The smallest worker: an engine that waits. */
export const small: SpecFile = {
  max_duration: 300,
  create_timeout: 60,
  cpu: 100,
  memory: 32,
  storage: 100,
  engine: { image: images.busybox, command: wait() },
};

/** One more container for a spec. */
export function container(name: string, more: SpecFile = {}): SpecFile {
  return { name, image: images.busybox, cpu: 50, memory: 16, storage: 100, ...more };
}

export interface WorkerCliOptions {
  machine?: Machine;
  cwd?: string;
  env?: Record<string, string>;
  bundle?: string;
}

export interface Worker {
  name: string;
  specPath: string;
  machine: Machine;
  /** On top of the machine's. */
  env: Record<string, string>;
  /** Where its stack and state lie. */
  directory: string;
  /** The worker's own spec replaces `SPEC`, its name `NAME`. */
  cli(args: string[], options?: WorkerCliOptions): Promise<CliResult>;
  /** Exit code 0, or the test fails with what was printed. */
  must(args: string[], options?: WorkerCliOptions): Promise<CliResult>;
  apply(): Promise<CliResult>;
  /** Writes the spec file again, changed. */
  edit(change: SpecFile): Promise<void>;
}

/** A worker of one test, not applied yet: a name, a machine and a spec file of its own. All of it goes after the test. */
export async function worker(
  spec: SpecFile,
  options: { machine?: Machine; name?: string; env?: Record<string, string> } = {},
): Promise<Worker> {
  const name = options.name ?? uniqueName('w');
  const own = options.machine ?? (await machine());
  const specPath = join(await tempDir('spec'), 'worker.yaml');
  const write = (content: SpecFile) => writeFile(specPath, JSON.stringify({ name, backend: 'docker', ...content }, null, 2));
  await write(spec);
  afterTest(() => removeOwned(name));
  const resolve = (args: string[]) => args.map((arg) => (arg === 'SPEC' ? specPath : arg === 'NAME' ? name : arg));
  const it: Worker = {
    name,
    specPath,
    machine: own,
    env: options.env ?? {},
    directory: join(own.stateDir, 'workers', 'docker', name),
    cli: (args, more = {}) => runCli(resolve(args), { machine: own, ...more, env: { ...options.env, ...more.env } }),
    async must(args, more) {
      const result = await it.cli(args, more);
      expect(result.code, `mayfly ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
      return result;
    },
    apply: () => it.must(['apply', 'SPEC', '--auto-approve']),
    edit: (change) => write({ ...spec, ...change }),
  };
  return it;
}

/** One line of `--json` output. */
export interface JsonLine {
  type: string;
  [key: string]: unknown;
}

export function jsonLines(stdout: string): JsonLine[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JsonLine);
}

export interface PlannedChange {
  resource: { addr: string };
  action: string;
  attributes: { path: string; replaces: boolean }[];
  reason?: string;
}

export interface PlanSummary {
  code: number | null;
  /** `create docker_container.engine` */
  changes: string[];
  /** The attributes that change, by address. */
  attributes: Record<string, string[]>;
  /** `gone docker_container.engine` */
  drift: string[];
}

/** What `mayfly plan` says, as the JSON lines have it. */
export async function planOf(one: Worker, { applier, ...options }: { machine?: Machine; applier?: string } = {}): Promise<PlanSummary> {
  const args = ['plan', 'SPEC', '--json', '--detailed-exitcode', ...(applier ? ['--applier', applier] : [])];
  const result = await one.cli(args, options);
  const lines = jsonLines(result.stdout);
  const failed = lines.find(({ type }) => type === 'diagnostic' && result.code === 1);
  if (failed) throw new Error(JSON.stringify(failed));
  const of = (type: string) => lines.filter((line) => line.type === type).map((line) => line['change'] as PlannedChange);
  return {
    code: result.code,
    changes: of('planned_change').map(({ action, resource }) => `${action} ${resource.addr}`),
    attributes: Object.fromEntries(
      of('planned_change').map(({ resource, attributes }) => [resource.addr, attributes.map(({ path }) => path)]),
    ),
    drift: of('resource_drift').map(({ reason, resource }) => `${reason} ${resource.addr}`),
  };
}

export const noChanges: PlanSummary = { code: 0, changes: [], attributes: {}, drift: [] };

/** The container of that name in a worker, as the daemon inspects it. */
export async function inspectOf(worker: string, name: string, socketPath?: string): Promise<Inspect> {
  return must<Inspect>('GET', `/containers/mayfly-${worker}.${name}/json`, undefined, socketPath);
}

export interface Inspect {
  Id: string;
  Image: string;
  State: { Running: boolean; OOMKilled: boolean; ExitCode: number; Pid: number };
  Config: Record<string, unknown> & { Labels: Record<string, string>; Image: string };
  HostConfig: Record<string, unknown> & { Memory: number; MemorySwap: number; NetworkMode: string };
}

/** The names of all that is left of a worker. */
export async function leftOf(worker: string): Promise<string[]> {
  return (await ownedObjects(worker)).map(({ kind, name }) => `${kind} ${name}`).sort();
}

export interface Access {
  addresses: string[];
  port: number | null;
  remote_key: string;
  self_key: string;
  disable_tls: boolean;
}

export async function accessOf(one: Worker): Promise<Access> {
  const { stdout } = await one.must(['output', 'NAME', '--json']);
  return (JSON.parse(stdout) as { access: { value: Access } }).access.value;
}

export async function readJson<T>(...path: string[]): Promise<T> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as T;
}

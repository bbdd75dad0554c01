import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { ownedObjects, removeOwned } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { type FakeDocker, startFakeDocker } from '../support/fake-docker/index.js';
import { until } from '../support/poll.js';
import { isAlive } from '../support/processes.js';
import { type CliOptions, type CliResult, type Machine, machine, type RunningCli, runCli, spawnCli } from '../support/run-cli.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';

/** A spec as its file has it. */
export type SpecFile = Record<string, unknown>;

export interface Scene {
  name: string;
  machine: Machine;
  /** Where commands run, and where the spec lies. */
  folder: string;
  specPath: string;
  /** On top of the machine's; a test may change it. */
  env: Record<string, string>;
  /** `SPEC` among the arguments is the spec's path, `NAME` the worker's name. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Anything but exit code 0 is the test's failure. @returns stdout */
  must(args: readonly string[], options?: CliOptions): Promise<string>;
  start(args: readonly string[], options?: CliOptions): Promise<RunningCli>;
  write(spec: SpecFile): Promise<void>;
  /** Everything of the worker that is still there: objects, processes, files, state, locks. */
  left(): Promise<string[]>;
  /** The same when it is nothing, and otherwise once a keeper that happens to look has let go of its lock. */
  leftAtLast(): Promise<string[]>;
  /** Ends the keeper and removes all of it. */
  close(): Promise<void>;
}

export interface SceneOptions {
  spec?: SpecFile;
  /** `none`: a machine without Docker. `unreachable`: `DOCKER_HOST` names a socket that is not there. `docker`: the real one, of which this worker and its runs alone are seen. */
  docker?: 'none' | 'unreachable' | 'real' | FakeDocker;
  env?: Record<string, string>;
}

/** The default socket is not there, for all commands and keepers of a scene. */
const withoutDocker = { NODE_OPTIONS: `--require ${JSON.stringify(fileURLToPath(new URL('../support/no-docker.cjs', import.meta.url)))}` };

/** A worker's name, a machine and a spec of its own, not applied yet. Removed after the test; outside of one the caller closes it. */
export async function scene({ spec, docker = 'none', env = {} }: SceneOptions = {}): Promise<Scene> {
  const name = uniqueName('c');
  const own = await machine();
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-scene-'));
  const proxy = docker === 'real' ? await startDockerProxy({ shows: (worker) => worker === name || worker.startsWith(`${name}-`) }) : null;
  const host = proxy?.host ?? (typeof docker === 'object' ? docker.host : `unix://${folder}/no-docker.sock`);
  const dockerEnv = docker === 'none' ? withoutDocker : { DOCKER_HOST: host };
  const socketPath = typeof docker === 'object' ? docker.socketPath : undefined;
  const specPath = join(folder, `${name}.yaml`);
  const resolve = (args: readonly string[]) => args.map((arg) => (arg === 'SPEC' ? specPath : arg === 'NAME' ? name : arg));
  const with_ = (options: CliOptions = {}): CliOptions => ({
    machine: own,
    cwd: folder,
    ...options,
    env: { ...it.env, ...options.env },
  });
  const it: Scene = {
    name,
    machine: own,
    folder,
    specPath,
    env: { ...dockerEnv, ...env },
    cli: (args, options) => runCli(resolve(args), with_(options)),
    async must(args, options) {
      const result = await it.cli(args, options);
      expect(result.code, `mayfly ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
      return result.stdout;
    },
    start: (args, options) => spawnCli(resolve(args), with_(options)),
    write: (content) => writeFile(specPath, JSON.stringify(content, null, 2)),
    async left() {
      const objects = docker === 'none' || docker === 'unreachable' ? [] : await ownedObjects(name, socketPath);
      const below = async (...path: string[]) => (await readdir(join(...path)).catch(() => [])).map((file) => join(...path, file));
      return [
        ...objects.map((object) => `${object.kind} ${object.name}`),
        ...processesOf(name, own.processDir).map((pid) => `process ${pid}`),
        // A mark of ours that a keeper takes away once it goes.
        ...(await below(own.processDir)).filter((path) => !path.endsWith('/.changed')),
        ...(await below(own.stateDir, 'locks')),
        ...(await below(own.stateDir, 'workers', 'docker')),
        ...(await below(own.stateDir, 'workers', 'process')),
      ];
    },
    async leftAtLast() {
      await until('nothing is left', async () => (await it.left()).length === 0, { withinMs: 3000 }).catch(() => {});
      return it.left();
    },
    async close() {
      await endKeeper(own);
      for (const pid of processesOf(name, own.processDir)) kill(pid, 'SIGKILL');
      if (docker !== 'none' && docker !== 'unreachable') await removeOwned(name, socketPath).catch(() => {});
      await proxy?.close();
      for (const directory of [folder, dirname(own.home)]) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  if (spec) await it.write(spec);
  afterTest(() => it.close());
  return it;
}

/** The pid of a state directory's keeper. */
export function keeperOf({ stateDir }: Machine): number | null {
  try {
    return (JSON.parse(readFileSync(join(stateDir, 'keeper.lock'), 'utf8')) as { process: { pid: number } }).process.pid;
  } catch {
    return null;
  }
}

async function endKeeper(own: Machine): Promise<void> {
  const pid = keeperOf(own);
  if (pid === null) return;
  kill(pid, 'SIGTERM');
  const gone = await until('the keeper ends', () => !isAlive(pid), { withinMs: 3000 }).catch(() => false);
  if (!gone) kill(pid, 'SIGKILL');
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Local processes that say themselves to be of this worker, made below this directory. */
export function processesOf(worker: string, processDir: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const environ = environOf(pid);
      return environ.includes(`MAYFLY_WORKER=${worker}\0`) && environ.includes(processDir);
    });
}

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

export interface JsonLine {
  '@level': string;
  '@message': string;
  '@module': string;
  type: string;
  [key: string]: unknown;
}

/** Every line is an object, or the test fails. */
export function jsonLines(stdout: string): JsonLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine);
}

export interface Access {
  addresses: string[];
  port: number;
  remote_key: string;
  self_key: string;
  disable_tls: boolean;
}

export async function accessOf(one: Scene): Promise<Access> {
  return (JSON.parse(await one.must(['output', 'NAME', '--json'])) as { access: { value: Access } }).access.value;
}

/** A daemon in this process, with one image that does nothing. */
export const fakeDocker: typeof startFakeDocker = (options) => startFakeDocker({ images: ['busybox:1'], ...options });

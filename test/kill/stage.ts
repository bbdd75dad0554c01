import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockerProxy, type ProxyOptions, startDockerProxy } from '../support/docker-proxy.js';
import { type Machine, machine, type RunningCli, spawnCli } from '../support/run-cli.js';
import { killKeeper } from '../support/processes.js';

/** A machine, a proxy for all its calls, and the spec of one worker. */
export interface Stage {
  worker: string;
  machine: Machine;
  proxy: DockerProxy;
  /** The file of its spec. */
  spec: string;
  /** Starts the CLI on the proxy. */
  cli(...args: string[]): Promise<RunningCli>;
  close(): Promise<void>;
}

/** The names of a lane: its worker, and others that begin with the worker's. */
export function inLane(worker: string): (name: string) => boolean {
  return (name) => name === worker || name.startsWith(`${worker}-`);
}

/** Milliseconds for one command, on a machine that is busy with other things; nothing waits for it. */
export const timeoutMs = 180_000;

/** What it sees through the proxy is its own worker: others are on the same daemon, and keepers look at all. */
export async function openStage(
  worker: string,
  spec: Record<string, unknown>,
  options: Pick<ProxyOptions, 'onCall' | 'ahead'> = {},
): Promise<Stage> {
  const [own, proxy] = await Promise.all([machine(), startDockerProxy({ shows: inLane(worker), ...options })]);
  const file = join(own.home, 'worker.json');
  await writeFile(file, JSON.stringify(spec));
  return {
    worker,
    machine: own,
    proxy,
    spec: file,
    cli: (...args) => spawnCli([...args, '--backend', 'docker'], { machine: own, env: { DOCKER_HOST: proxy.host }, timeoutMs }),
    async close() {
      await killKeeper(own);
      await proxy.close();
      assertWatched(own, proxy.host);
    },
  };
}

/** A keeper that watches the daemon itself would act on the workers and caches of all lanes. */
function assertWatched({ stateDir }: Machine, host: string): void {
  const file = join(stateDir, 'keeper-watch.json');
  const watched = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { endpoint: string }[]) : [];
  const others = watched.filter(({ endpoint }) => endpoint !== host);
  if (others.length > 0) throw new Error(`the keeper of a stage watched ${others.map(({ endpoint }) => endpoint).join(', ')}`);
}

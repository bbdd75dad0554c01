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
    cli: (...args) => spawnCli([...args, '--backend', 'docker'], { machine: own, env: { DOCKER_HOST: proxy.host } }),
    async close() {
      await killKeeper(own);
      await proxy.close();
    },
  };
}

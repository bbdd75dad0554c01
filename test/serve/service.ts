import { runOfWorker, workerNameOf } from '../../src/dispatch/worker-name.js';
import { must } from '../support/docker.js';
import { listening } from '../support/listening.js';
import { killKeeper } from '../support/processes.js';
import { machine, type Machine, type RunningCli, spawnCli } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';

/** A process of `mayfly serve` on a machine. */
export interface Service {
  cli: RunningCli;
  url: string;
  token: string;
  /** `key`: of another run; default: the same run each time. */
  submit(spec: Record<string, unknown>, attempts?: number, key?: string): Promise<RunAnswer>;
  run(id: string): Promise<RunAnswer>;
  /** Types of the run's events, in order, joined by spaces. Without `expiring`, which short runs have at the next look at all runs. */
  events(id: string): Promise<string>;
  get(path: string): Promise<unknown>;
  post(path: string): Promise<unknown>;
}

export interface RunAnswer {
  id: string;
  state: string;
  reason: string | null;
  attempt: number;
  exit_code: number | null;
}

/** A machine that serves again and again; its token is that of the first start. */
export async function server(dockerHost: string, env: Record<string, string> = {}): Promise<{ on: Machine; start(): Promise<Service> }> {
  const on = await machine();
  let token = '';
  afterTest(() => killKeeper(on));
  return {
    on,
    async start() {
      const cli = await spawnCli(['serve', '--port', '0'], { machine: on, env: { ...env, DOCKER_HOST: dockerHost }, timeoutMs: 150_000 });
      const { url, token: made } = await listening(cli, { first: token === '' });
      token ||= made!;
      const ask = async (method: string, path: string, body?: unknown, key = 'job') => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
        const answer = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
        if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
        return answer.json();
      };
      return {
        ...{ cli, url, token },
        submit: (spec, attempts = 2, key = 'job') => ask('POST', '/v1/runs', { spec, attempts }, key) as Promise<RunAnswer>,
        run: (id) => ask('GET', `/v1/runs/${id}`) as Promise<RunAnswer>,
        async events(id) {
          const { events } = (await ask('GET', `/v1/runs/${id}/events`)) as { events: { type: string }[] };
          return events.flatMap(({ type }) => (type === 'expiring' ? [] : [type])).join(' ');
        },
        get: (path) => ask('GET', path),
        post: (path) => ask('POST', path, {}),
      };
    },
  };
}

interface Container {
  Id: string;
  State: string;
  Labels: Record<string, string>;
}

/** Containers of a run's attempts on a daemon. */
export async function containersOf(run: string, socketPath?: string): Promise<{ id: string; attempt: number; running: boolean }[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.mayfly.worker'] }));
  const all = await must<Container[]>('GET', `/containers/json?all=true&filters=${filters}`, undefined, socketPath);
  return all.flatMap(({ Id, State, Labels }) => {
    const made = runOfWorker(Labels['dev.mayfly.worker'] ?? '');
    return made?.run === run ? [{ id: Id, attempt: made.attempt, running: State === 'running' }] : [];
  });
}

/** Names of all that is left of a run's attempts on a daemon. */
export async function leftOf(run: string, socketPath?: string): Promise<string[]> {
  const workers = [1, 2, 3].map((attempt) => workerNameOf(run, attempt));
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.mayfly.worker'] }));
  const { Volumes } = await must<{ Volumes: { Name: string; Labels: Record<string, string> }[] | null }>(
    'GET',
    `/volumes?filters=${filters}`,
    undefined,
    socketPath,
  );
  const volumes = (Volumes ?? []).flatMap(({ Name, Labels }) => (workers.includes(Labels['dev.mayfly.worker'] ?? '') ? [Name] : []));
  return [...(await containersOf(run, socketPath)).map(({ id }) => id), ...volumes];
}

/** Watches that a run never has two living workers, and no attempt two. */
export function overseen(run: string, sockets: readonly (string | undefined)[]): { stop(): Promise<string[]> } {
  const broken: string[] = [];
  const engines = new Map<number, string>();
  let going = true;
  const watching = (async () => {
    while (going) {
      const all = (await Promise.all(sockets.map((socket) => containersOf(run, socket)))).flat().filter(({ running }) => running);
      if (all.length > 1) broken.push(`alive at once: ${all.map(({ attempt, id }) => `${attempt} (${id})`).join(', ')}`);
      for (const { attempt, id } of all) {
        if ((engines.get(attempt) ?? id) !== id) broken.push(`attempt ${attempt} was made twice`);
        engines.set(attempt, id);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    async stop() {
      going = false;
      await watching;
      return broken;
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As scripts/setup-moto.sh names it: by the hash of its requirements. */
const requirements = readFileSync(new URL('requirements.txt', import.meta.url));
const venv = `moto-${createHash('sha256').update(requirements).digest('hex').slice(0, 16)}`;
const python = join(process.env['MAYFLY_TEST_CACHE'] ?? join(homedir(), '.cache', 'mayfly-test'), venv, 'bin', 'python3');

/** Whether the emulator is there; with MAYFLY_REQUIRE_AWS=1 its absence is an error. */
export function motoAvailable(): boolean {
  const there = existsSync(python);
  if (!there && process.env['MAYFLY_REQUIRE_AWS'] === '1')
    throw new Error('moto is required (MAYFLY_REQUIRE_AWS): run scripts/setup-moto.sh');
  return there;
}

export const region = 'eu-west-1';

/** How a task does; see server.py. */
export interface TaskState {
  /** `NONE`: the service has no task. */
  status?: 'NONE' | 'PROVISIONING' | 'PENDING' | 'ACTIVATING' | 'RUNNING' | 'STOPPED';
  health?: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
  exit_code?: number;
  stop_code?: 'EssentialContainerExited' | 'TaskFailedToStart' | 'UserInitiated';
  reason?: string;
  container_reason?: string;
  /** Containers of a running task that have ended, with their exit codes. */
  ended?: Record<string, number>;
  /** What ECS says of a new service, the oldest first. */
  events?: string[];
  /** How a new service's deployment goes. */
  rollout?: 'IN_PROGRESS' | 'FAILED';
}

export interface Moto {
  url: string;
  /** What a program needs to use it and nothing else: dummy keys, no metadata service. */
  env: Record<string, string>;
  /** All accounts as they were at the start. */
  reset(): Promise<void>;
  /** How a service's running task does from now on; without a service, how each new one does. */
  setTask(state: TaskState, service?: string): Promise<void>;
  /** All that is there, a line a thing, with its tags, values and rules. */
  inventory(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Starts an emulator of AWS of one's own. It doesn't outlive this process. `open`: the number of requests that it takes from anybody; it checks
 * the signatures of later ones. Default: it checks none.
 */
export async function startMoto({ open }: { open?: number } = {}): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const script = fileURLToPath(new URL('server.py', import.meta.url));
  const server = spawn(python, [script, '-H', '127.0.0.1', '-p', String(port)], {
    // Without MOTO_IAM_LOAD_MANAGED_POLICIES: no worker has one, and loading them takes a second at each reset.
    env: {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      ...(open !== undefined && { INITIAL_NO_AUTH_ACTION_COUNT: String(open) }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  const stop = () => void server.kill('SIGKILL');
  process.once('exit', stop);
  const post = async (path: string, body: object) => {
    const response = await fetch(`${url}/moto-api/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`moto: ${path}: ${response.status} ${await response.text()}`);
  };
  await untilAnswers(url, server, () => said);

  const moto: Moto = {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    async reset() {
      await post('reset', {});
      // Else each look at a task moves it on to its end.
      await post('state-manager/set-transition', { model_name: 'ecs::task', transition: { progression: 'manual', times: 1_000_000 } });
      await post('mayfly/task', {});
    },
    setTask: (state, service) => post('mayfly/task', { ...state, ...(service !== undefined && { service }) }),
    async inventory() {
      return (await (await fetch(`${url}/moto-api/mayfly/inventory`)).json()) as string[];
    },
    async close() {
      process.off('exit', stop);
      const ended = new Promise((resolve) => server.once('close', resolve));
      stop();
      await ended;
    },
  };
  await moto.reset();
  return moto;
}

async function untilAnswers(url: string, server: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answers = await fetch(`${url}/moto-api/data.json`, { method: 'HEAD' }).then(
      () => true,
      () => false,
    );
    if (answers) return;
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`moto did not start: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

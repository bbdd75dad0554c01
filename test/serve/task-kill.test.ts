import { expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { server, type Service } from './service.js';

const spec = {
  ...{ name: 'tasks', max_duration: 280, create_timeout: 30, cpu: 1000, memory: 256, storage: 400 },
  engine: { image: images.busybox, command: ['sleep', '100000'] },
};

const kills = 10;
const tasksAKill = 30;

interface TaskAnswer {
  id: string;
  state: string;
  attempt: number;
  exit_code: number | null;
  output: { head: string; bytes: number; cut: boolean } | null;
}

/** The first task writes 256 MB for longer than the service lives between two kills. The others write a line, and end within 2 s. */
function scriptOf(number: number): string {
  return number === 0
    ? 'for i in 1 2 3 4 5 6 7 8; do head -c 33554432 /dev/zero; sleep 2; done; exit 77'
    : `sleep ${number % 3}; echo ${number}; exit ${number % 100}`;
}

/** Adds a task; a repeated request with the same number returns the same one. */
async function add({ url, token }: Service, run: string, number: number): Promise<void> {
  const answer = await fetch(`${url}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `task ${number}` },
    body: JSON.stringify({ run, command: ['sh', '-c', scriptOf(number)], timeout: 120, cpu: 100, memory: 8 }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** The tasks of the final events of a run. */
async function finalsOf({ get }: Service, run: string): Promise<string[]> {
  const finals: string[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = (await get(`/v1/runs/${run}/events?after=${after}&limit=1000`)) as {
      events: { sequence: number; type: string; data: { task: string } }[];
    };
    for (const { type, data } of page.events) if (/^task_(completed|failed|stopped)$/.test(type)) finals.push(data.task);
    after = page.events.at(-1)?.sequence;
  }
  return finals;
}

test.skipIf(!dockerAvailable())(
  'of 300 tasks, with the service killed ten times, each is delivered once, and has its exact code and output',
  { timeout: 600_000 },
  async () => {
    const { start } = await server(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
    let service = await start();
    const { id: run } = await service.submit(spec);
    await until('the run is running', async () => (await service.run(run)).state === 'running', { withinMs: 60_000, everyMs: 200 });
    for (let kill = 0; kill < kills; kill += 1) {
      const numbers = Array.from({ length: tasksAKill }, (_, index) => kill * tasksAKill + index);
      const added = numbers.map((number) => add(service, run, number));
      // In the middle of submissions, of deliveries, of running commands, and of reading their ends.
      await Promise.all(added.slice(0, (kill * 7) % tasksAKill));
      service.cli.child.kill('SIGKILL');
      await Promise.allSettled(added);
      await service.cli.done;
      service = await start();
      await Promise.all(numbers.map((number) => add(service, run, number)));
    }
    const all = async () => ((await service.get(`/v1/tasks?run=${run}&limit=500`)) as { tasks: TaskAnswer[] }).tasks;
    const isFinal = ({ state }: TaskAnswer) => state === 'completed' || state === 'failed';
    await until('all tasks have ended', async () => (await all()).every(isFinal), { withinMs: 180_000, everyMs: 500 });
    const ends = (await all()).map(({ state, attempt, exit_code, output }) =>
      [state, attempt, exit_code, output?.cut ? output.bytes : output?.head.trim()].join(' '),
    );
    const expected = Array.from({ length: kills * tasksAKill }, (_, number) => {
      if (number === 0) return 'failed 1 77 16777216';
      const code = number % 100;
      return `${code === 0 ? 'completed' : 'failed'} 1 ${code} ${number}`;
    });
    expect(ends.toSorted()).toEqual(expected.toSorted());
    const ids = (await all()).map(({ id }) => id);
    expect((await finalsOf(service, run)).toSorted()).toEqual(ids.toSorted());
    await service.post(`/v1/runs/${run}/cancel`);
    await until('the worker is gone', async () => (await service.run(run)).state === 'cancelled', { withinMs: 60_000, everyMs: 250 });
    service.cli.child.kill('SIGTERM');
    await service.cli.done;
  },
);

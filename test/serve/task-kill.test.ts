import { expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { server, type Service } from './service.js';

const spec = {
  ...{ name: 'tasks', max_duration: 120, create_timeout: 30, cpu: 100, memory: 64, storage: 10 },
  engine: { image: images.busybox, command: ['sleep', '100000'] },
};

interface TaskAnswer {
  id: string;
  state: string;
  attempt: number;
  exit_code: number | null;
  output: { head: string } | null;
}

/** Adds a task; a repeated request with the same code returns the same one. */
async function add({ url, token }: Service, run: string, code: number): Promise<TaskAnswer> {
  const answer = await fetch(`${url}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `task ${code}` },
    body: JSON.stringify({ run, command: ['sh', '-c', `sleep ${code}; echo code ${code}; exit ${code}`], timeout: 60, cpu: 10, memory: 8 }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as TaskAnswer;
}

test.skipIf(!dockerAvailable())(
  'killed again and again, the service delivers each task once, and reads its exact code and output',
  async () => {
    const { start } = await server(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
    let service = await start();
    const { id: run } = await service.submit(spec);
    await until('the run is running', async () => (await service.run(run)).state === 'running', { withinMs: 60_000, everyMs: 200 });
    for (let code = 1; code <= 6; code += 1) {
      await add(service, run, code);
      // In the middle of deliveries, of running commands, and of reading their ends.
      service.cli.child.kill('SIGKILL');
      await service.cli.done;
      service = await start();
      await add(service, run, code);
    }
    const all = async () => ((await service.get(`/v1/tasks?run=${run}`)) as { tasks: TaskAnswer[] }).tasks.reverse();
    await until('all tasks have ended', async () => (await all()).every(({ state }) => state === 'failed'), {
      withinMs: 60_000,
      everyMs: 250,
    });
    const ends = (await all()).map(({ attempt, exit_code, output }) => [attempt, exit_code, output?.head]);
    expect(ends).toEqual([1, 2, 3, 4, 5, 6].map((code) => [1, code, `code ${code}\n`]));
    const finals = (await service.events(run)).split(' ').filter((type) => /^task_(completed|failed|stopped)$/.test(type));
    expect(finals).toHaveLength(6);
    await service.post(`/v1/runs/${run}/cancel`);
    await until('the worker is gone', async () => (await service.run(run)).state === 'cancelled', { withinMs: 60_000, everyMs: 250 });
    service.cli.child.kill('SIGTERM');
    await service.cli.done;
  },
);

import { expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { server, type Service } from './service.js';

const spec = {
  ...{ name: 'stealing', max_duration: 120, create_timeout: 30, cpu: 100, memory: 64, storage: 10 },
  engine: { image: images.busybox, command: ['sleep', '100000'] },
};

interface RunAnswer {
  state: string;
  worker: string | null;
  stealers: { run: string; worker: string | null }[];
}

interface TaskAnswer {
  state: string;
  worker: string | null;
}

async function post({ url, token }: Service, path: string, body: unknown): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { id: string };
}

test.skipIf(!dockerAvailable())('a stealer takes a task of a busy run, also of a killed service, and ends with the run', async () => {
  const { start } = await server(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
  let service = await start();
  const { id } = await post(service, '/v1/runs', { spec, workers: { max: 2 } });
  const run = async () => (await service.get(`/v1/runs/${id}`)) as RunAnswer;
  const tasks = async () => ((await service.get(`/v1/tasks?run=${id}`)) as { tasks: TaskAnswer[] }).tasks;
  const soon = { withinMs: 60_000, everyMs: 200 };
  const task = { run: id, command: ['sleep', '4'], timeout: 60 };
  await post(service, '/v1/tasks', task);
  await post(service, '/v1/tasks', task);
  await until('both tasks run', async () => (await tasks()).every(({ state }) => state === 'running'), soon);
  const { worker, stealers } = await run();
  expect(new Set((await tasks()).map((one) => one.worker))).toEqual(new Set([worker, stealers[0]!.worker]));
  service.cli.child.kill('SIGKILL');
  await service.cli.done;
  service = await start();
  await until('both tasks are completed', async () => (await tasks()).every(({ state }) => state === 'completed'), soon);
  expect((await run()).worker).toBe(worker);
  await service.post(`/v1/runs/${id}/cancel`);
  const stealer = async () => (await service.get(`/v1/runs/${stealers[0]!.run}`)) as RunAnswer;
  await until(
    'both workers are gone',
    async () => [(await run()).state, (await stealer()).state].every((one) => one === 'cancelled'),
    soon,
  );
  expect((await service.events(id)).split(' ').filter((type) => type.startsWith('stealer'))).toEqual(['stealer_added', 'stealer_freed']);
  service.cli.child.kill('SIGTERM');
  await service.cli.done;
});

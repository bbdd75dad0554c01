import { once } from 'node:events';
import { expect, test } from 'vitest';
import { dockerAvailable, must } from '../../support/docker.js';
import { until } from '../../support/poll.js';
import { machine, spawnCli } from '../../support/run-cli.js';
import { containersOf, leftOf, server, type Service } from '../service.js';
import { distribute, echo, join } from './client.js';
import { engineImage } from './image.js';

const dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';

async function serving(): Promise<{ service: Service; api: { url: string; token: string }; ca: string }> {
  const { source, ca } = await engineImage();
  const { start } = await server(dockerHost, { MELODIUM_IMAGES_PULL_SOURCE: source });
  const service = await start();
  return { service, ca, api: { url: `${service.url}/0.1`, token: service.token } };
}

/** Waits until a run has ended. @returns its state and reason */
async function endOf({ run }: Service, id: string): Promise<string> {
  const ended = await until('the run has ended', async () => ['completed', 'failed'].includes((await run(id)).state) && run(id), {
    withinMs: 60_000,
    everyMs: 250,
  });
  return `${ended.state}: ${ended.reason}`;
}

test.skipIf(!dockerAvailable())('three clients at once get their workers, and the end of one is none of the others', async () => {
  const { service, api, ca } = await serving();
  await expect(distribute({ ...api, token: 'mfy_wrong' })).rejects.toThrow('API 401 response');
  const all = await Promise.all([1, 2, 3].map(() => distribute(api)));
  for (const { statuses } of all) expect([statuses[0], statuses[1], statuses.at(-1)]).toEqual([200, 202, 200]);
  const workers = all.map(({ started }) => started!);
  expect(workers.map(({ addresses }) => addresses)).toEqual([['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1']]);
  const [killed, second, third] = await Promise.all(workers.map((started) => join(started, ca)));
  const [lost, ...others] = workers.map(({ id }) => id);

  const gone = once(killed!.on('error', () => {}).resume(), 'close');
  for (const { id } of await containersOf(lost!)) await must('POST', `/containers/${id}/kill`);
  await gone;
  expect(await endOf(service, lost!)).toBe('failed: engine_exited');
  const answer = await fetch(`${api.url}/execution/run/${lost}/access`, { headers: { authorization: `Bearer ${api.token}` } });
  expect([answer.status, await answer.json()]).toEqual([200, { error: ['attempt 1 on docker: engine ended with exit code 137'] }]);

  expect(await Promise.all([echo(second!, 'two'), echo(third!, 'three')])).toEqual(['two', 'three']);
  for (const id of others) expect(await endOf(service, id)).toBe('completed: engine_exited');
  for (const { id } of workers) expect(await leftOf(id)).toEqual([]);
});

test.skipIf(!dockerAvailable())('a client on another machine gets its worker through mayfly connect', async () => {
  const { service, ca } = await serving();
  const env = { MAYFLY_SERVER: service.url, MAYFLY_TOKEN: service.token };
  const cli = await spawnCli(['connect', '--port', '0'], { machine: await machine(), env, timeoutMs: 150_000 });
  const [, url] = await until('it listens', () => /MELODIUM_API_URL=(\S+)/.exec(cli.stdout()) ?? false);
  const { started } = await distribute({ url: url!, token: 'any' });
  const direct = await fetch(`${service.url}/0.1/execution/run/${started!.id}/access`, {
    headers: { authorization: `Bearer ${service.token}` },
  });
  expect(((await direct.json()) as { started: { port: number } }).started.port).not.toBe(started!.port);
  const long = 'c'.repeat(1_000_000);
  expect(await echo(await join(started!, ca), long)).toBe(long);
  expect(await endOf(service, started!.id)).toBe('completed: engine_exited');
  expect(await leftOf(started!.id)).toEqual([]);
  cli.child.kill('SIGTERM');
  expect(await cli.done).toMatchObject({ code: 130, stderr: '' });
});

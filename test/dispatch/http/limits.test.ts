import { expect, test } from 'vitest';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { api, organisation, request } from './scene.js';

const submission = { body: { spec: request } };
const of = (more: Parameters<typeof organisation>[0]) => new Map([['team', organisation(more)]]);

test('submissions above the rate are answered with 429 and whole seconds', async () => {
  const { ask, clock, tokenOf } = await api({ organisations: of({ rate: { perMinute: 2, burst: 2 } }) });
  const answers = [await ask('/v1/runs', submission), await ask('/v1/runs', submission), await ask('/v1/runs', submission)];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
  expect(answers[2]).toMatchObject({ body: { error: { code: 'rate_limited' } } });
  expect(answers[2]!.headers.get('retry-after')).toBe('30');
  expect((await ask('/v1/runs', { ...submission, token: await tokenOf('other', 'submit') })).status).toBe(201);
  await clock.advance(30_000);
  expect((await ask('/v1/runs', submission)).status).toBe(201);
});

test('a full queue is answered with 429', async () => {
  const { ask } = await api({ settings: { ...defaultDispatchSettings, mostWaiting: 1 } });
  expect((await ask('/v1/runs', submission)).status).toBe(201);
  const { status, body, headers } = await ask('/v1/runs', submission);
  expect([status, headers.get('retry-after'), body]).toMatchObject([429, '30', { error: { code: 'queue_full' } }]);
});

test('a run that the organisation can never have is refused with all reasons', async () => {
  const { ask, store } = await api({ organisations: of({ maxDuration: 299, most: { cpu: 10, memory: 5 } }) });
  expect(await ask('/v1/runs', submission)).toMatchObject({
    status: 409,
    body: { error: { code: 'limit_exceeded', problems: [{ place: 'max_duration' }, { place: 'cpu' }, { place: 'memory' }] } },
  });
  expect((await store.runs({ limit: 10 })).runs).toEqual([]);
});

test("a run waits while its organisation has its most, and another's starts", async () => {
  const { ask, until, tokenOf } = await api({ organisations: of({ most: { workers: 1 } }) });
  const id = async (token?: string) =>
    ((await ask('/v1/runs', { ...submission, ...(token !== undefined && { token }) })).body as { id: string }).id;
  const [first, second] = [await id(), await id()];
  await until(first, 'running');
  const token = await tokenOf('other', 'admin');
  const third = await id(token);
  await until(third, 'running', token);
  expect((await ask(`/v1/runs/${second}`)).body).toMatchObject({ state: 'queued' });
  await ask(`/v1/runs/${first}/cancel`, { body: {} });
  await until(second, 'running');
});

test('tasks and functions count as submissions', async () => {
  const { ask, until } = await api({ organisations: of({ rate: { perMinute: 1, burst: 3 } }) });
  const { id } = (await ask('/v1/runs', submission)).body as { id: string };
  const task = { run: id, command: ['serve'], timeout: 60 };
  const work = { name: 'echo', revision: 'v1', command: ['echo'], timeout: 30 };
  const answers = [
    await ask('/v1/tasks', { body: task }),
    await ask('/v1/functions', { body: work }),
    await ask('/v1/tasks', { body: task }),
    await ask('/v1/functions', { body: work }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 429, 429]);
  await until(id, 'running');
});

const long = [...Array.from({ length: 8 }, () => 'a'.repeat(8192)), 'b'];

test.for([
  ['/v1/tasks', { run: '11111111-0000-4000-8000-00000000abcd', command: long, timeout: 60 }, 'body.command'],
  ['/v1/runs', { spec: request, command: { argv: long } }, 'body.command.argv'],
  ['/v1/functions', { name: 'echo', revision: 'v1', command: long, timeout: 30 }, 'body.command'],
] as const)('the words of a command have at most 64 KB: %s', async ([path, body, place]) => {
  const { ask } = await api();
  const answer = await ask(path, { body });
  expect([answer.status, answer.body]).toMatchObject([400, { error: { problems: [{ place, cause: 'has more than 64 KB' }] } }]);
});

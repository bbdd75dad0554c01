import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { execIn } from '../../src/backends/docker/exec.js';
import { HttpClient } from '../../src/backends/docker/http-client.js';
import { cancelOn } from '../../src/backends/shared/cancel.js';
import { isTaskFinal, TaskClient } from '../../src/client/tasks.js';
import { dockerSocket } from '../support/docker.js';
import { interleaved, report, timed } from './measure.js';
import { servedRun } from './served-run.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 50);
const command = ['echo', 'first'];
const submitters = 64;

/** Resolves at the first byte. */
async function first(stream: Readable): Promise<void> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('first\n');
}

test('from a submission to the first byte of output', async () => {
  const { connection, id: run, container } = await servedRun();
  const http = new HttpClient(parseEndpoint(`unix://${dockerSocket()}`, null, process.env));
  const tasks = new TaskClient(connection);
  const cancel = cancelOn(new AbortController().signal);
  let key = 0;
  /** The time to the first byte; the rest of the contestant's work has ended before the next one begins. */
  const bare = async () => {
    const stdout = new PassThrough();
    let ended: Promise<number>;
    const ms = await timed(async () => {
      ended = execIn(http, container, { command, streams: { stdin: null, stdout, stderr: new PassThrough().resume() }, cancel });
      await first(stdout);
    });
    expect(await ended!).toBe(0);
    return ms;
  };
  const client = async () => {
    let ended: Promise<unknown>;
    const ms = await timed(async () => {
      const child = spawn('docker', ['exec', container, ...command], { env: { ...process.env, DOCKER_HOST: `unix://${dockerSocket()}` } });
      ended = once(child, 'exit');
      await first(child.stdout);
    });
    expect(await ended!).toEqual([0, null]);
    return ms;
  };
  const task = async () => {
    let id = '';
    const ms = await timed(async () => {
      ({ id } = await tasks.add({ run, command, timeout: '1m', env: {}, cpu: 10, memory: 8 }, `task ${(key += 1)}`));
      for (;;) {
        const output = await tasks.output(id, { from: 0, follow: true });
        const got = await Promise.race([first(output).then(() => true), once(output, 'end').then(() => false)]);
        output.destroy();
        if (got) return;
        await sleep(5);
      }
    });
    while (!isTaskFinal(await tasks.one(id))) await sleep(20);
    await sleep(200);
    return ms;
  };
  await interleaved(3, { bare, client, task });
  const times = await interleaved(rounds, { bare, client, task });
  report('docker exec, the bare API', times.bare);
  report('docker exec, the client', times.client);
  report('a task', times.task, { name: 'the client', ms: times.client, aim: '≤ 1.2' });
  console.log(`  ${(times.task / times.bare).toFixed(2)} × the bare API`);
});

/** Does the work so many times, by 64 submitters. @returns times a second */
async function perSecond(count: number, work: (number: number) => Promise<void>): Promise<number> {
  let left = count;
  const submitter = async () => {
    while (left > 0) await work((left -= 1));
  };
  const ms = await timed(() => Promise.all(Array.from({ length: submitters }, submitter)));
  return (count / ms) * 1000;
}

test('tasks a second', async () => {
  const { connection, id: run } = await servedRun();
  const tasks = new TaskClient(connection);
  const add = (key: string) => tasks.add({ run, command: ['true'], timeout: '5m', env: {}, cpu: 50, memory: 12 }, key);
  /** Each submitter waits for the end of its task before it sends the next one. */
  const whole = async (number: number) => {
    const { id } = await add(`whole ${number}`);
    await finished((await tasks.output(id, { from: 0, follow: true })).resume());
    while (!isTaskFinal(await tasks.one(id))) await sleep(20);
  };
  console.log(`${submitters} submitters, each waits for the end of its task: ${(await perSecond(400, whole)).toFixed(1)} tasks/s`);
  const submitted = async (number: number) => void (await add(`submitted ${number}`));
  console.log(`${submitters} submitters, while the worker works: ${(await perSecond(3000, submitted)).toFixed(0)} durable submissions/s`);
});

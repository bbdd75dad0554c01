import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { loadOutside } from '../../src/dispatch/outside/load.js';
import { nothingAllowed } from '../../src/dispatch/outside/rules.js';
import { splitSecrets } from '../../src/dispatch/outside/secrets.js';
import { noProgram, queuedRun, type Run } from '../../src/dispatch/run.js';
import { openStore } from '../../src/dispatch/store/open.js';
import { newRun } from '../dispatch/store/samples.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { median, timed } from './measure.js';

const clients = 64;
const submissions = 2_000;

const spec = { name: 'bench', max_duration: 300, engine: { image: 'alpine', command: ['sleep', '300'] } };
const body = JSON.stringify({ spec, labels: { team: 'a' } });

interface Served {
  port: number;
  token: string;
  process: ChildProcess;
}

/** The service as it is installed, with the local Docker daemon as its node. */
async function serve(): Promise<Served> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/mayfly.cjs'), 'serve', '--port', '0', '--json'], {
    env: { ...process.env, MAYFLY_STATE_DIR: await tempDir('serve-bench') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  afterTest(() => child.kill('SIGKILL'));
  const [line] = await new Promise<Buffer[]>((resolve) => child.stdout.once('data', (...data: Buffer[]) => resolve(data)));
  const { url, token } = JSON.parse(String(line)) as { url: string; token: string };
  return { port: Number(new URL(url).port), token, process: child };
}

function post(agent: Agent, { port, token }: Served, path: string, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject).end(text);
  });
}

/** @returns milliseconds of each call, sorted */
async function many(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const client = async () => {
    while ((left -= 1) >= 0) times.push(await timed(call));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return times.sort((a, b) => a - b);
}

test('submissions over HTTP against the bare store', async () => {
  const service = await serve();
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  afterTest(() => agent.destroy());
  // Its runs wait.
  expect(await post(agent, service, '/v1/nodes/docker/cordon', '{}')).toBe(200);
  const submit = async () => expect(await post(agent, service, '/v1/runs', body)).toBe(201);
  await many(500, submit);
  let times: number[] = [];
  const together = await timed(async () => (times = await many(submissions, submit)));
  const store = await openStore({ directory: await tempDir('bare-store'), version: 'bench' });
  let number = 0;
  const bare = await timed(() => many(submissions, () => store.insert(newRun((number += 1), { labels: { team: 'a' } }))));
  await store.close();
  const p99 = times[Math.floor(times.length * 0.99)]!;
  console.log(`${clients} clients: ${((submissions / together) * 1000).toFixed(0)} durable submissions/s (aim 400)`);
  console.log(`  p50 ${median(times).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (aim 300)`);
  console.log(`  ${(together / bare).toFixed(1)} times as long as the bare store`);
});

test('the memory of a queued run', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const rules = { ...nothingAllowed, organisation: 'red', backends: [], as_user: [], melodium_images: undefined };
  const runs: Run[] = [];
  const add = (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      const { shown } = splitSecrets(loadOutside(spec, rules).spec);
      const id = `00000000-0000-4000-8000-${String(runs.length).padStart(12, '0')}`;
      runs.push(
        queuedRun({
          id,
          organisation: 'red',
          priority: 500,
          labels: { team: 'a' },
          program: noProgram,
          attempts: 3,
          spec: shown,
          now: left,
        }),
      );
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = add(500);
  console.log(`  ${((add(5000) - before) / 5000 / 1024).toFixed(1)} KB of memory a queued run (aim 8)`);
});

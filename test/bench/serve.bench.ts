import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { loadOutside } from '../../src/dispatch/outside/load.js';
import { nothingAllowed } from '../../src/dispatch/outside/rules.js';
import { splitSecrets } from '../../src/dispatch/outside/secrets.js';
import { noProgram, type Run, submittedRun } from '../../src/dispatch/run.js';
import { openStore } from '../../src/dispatch/store/open.js';
import { workerNameOf } from '../../src/dispatch/worker-name.js';
import { newRun } from '../dispatch/store/samples.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { killKeeper } from '../support/processes.js';
import { machine } from '../support/run-cli.js';
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

/** The service as it is installed, with one Docker daemon as its node; default: the local one. */
async function serve(env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/mayfly.cjs'), 'serve', '--port', '0', '--json'], {
    env: { ...process.env, MAYFLY_STATE_DIR: await tempDir('serve-bench'), ...env },
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

test('from free capacity to the first call for a worker', async () => {
  const fake = await startFakeDocker({ images: ['alpine:latest'], cpus: 64 });
  const on = await machine();
  const service = await serve({ ...on.env, DOCKER_HOST: fake.host });
  afterTest(() => killKeeper(on));
  const agent = new Agent({ keepAlive: true });
  afterTest(() => agent.destroy());
  const seen = { worker: '', first: () => {} };
  // It looks at each call and fails none.
  fake.faults.fail(({ path, query, body }) => {
    if (`${path} ${query} ${JSON.stringify(body)}`.includes(seen.worker)) seen.first();
    return false;
  });
  const small = JSON.stringify({ spec: { ...spec, cpu: 10, memory: 16, storage: 10 } });
  const headers = { authorization: `Bearer ${service.token}` };
  const once = async () => {
    expect(await post(agent, service, '/v1/nodes/docker/cordon', '{}')).toBe(200);
    const answer = await fetch(`http://127.0.0.1:${service.port}/v1/runs`, { method: 'POST', headers, body: small });
    const { id, state } = (await answer.json()) as { id: string; state: string };
    expect(state).toBe('queued');
    seen.worker = workerNameOf(id, 1);
    const called = new Promise<void>((resolve) => (seen.first = resolve));
    return timed(() => Promise.all([post(agent, service, '/v1/nodes/docker/uncordon', '{}'), called]));
  };
  const store = await openStore({ directory: await tempDir('bare-store'), version: 'bench' });
  const [times, bare]: [number[], number[]] = [[], []];
  for (let number = 1; number <= 120; number += 1) {
    times.push(await once());
    bare.push(await timed(() => store.insert(newRun(number))));
  }
  await store.close();
  // The first ones are slower: code is loaded and compiled.
  const [sorted, sortedBare] = [times, bare].map((all) => all.slice(20).sort((a, b) => a - b)) as [number[], number[]];
  const [p99, bareP99] = [sorted[98]!, sortedBare[98]!];
  console.log(`free capacity to first call: p50 ${median(sorted).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (aim 100)`);
  console.log(
    `  ${(median(sorted) / median(bare)).toFixed(1)} and ${(p99 / bareP99).toFixed(1)} times one durable insertion of the bare store`,
  );
});

test('the memory of a queued run', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const rules = { ...nothingAllowed, organisation: 'red', collects: false, backends: [], as_user: [], melodium_images: undefined };
  const runs: Run[] = [];
  const add = (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      const { shown } = splitSecrets(loadOutside(spec, rules).spec);
      const id = `00000000-0000-4000-8000-${String(runs.length).padStart(12, '0')}`;
      runs.push(
        submittedRun({
          id,
          organisation: 'red',
          priority: 500,
          labels: { team: 'a' },
          program: noProgram,
          attempts: 3,
          maxWait: null,
          requestId: null,
          command: null,
          bidExpires: null,
          fleet: null,
          workers: null,
          primary: null,
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

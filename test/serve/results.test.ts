import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockerAvailable, dockerSocket, images } from '../support/docker.js';
import { until } from '../support/poll.js';
import { runCli } from '../support/run-cli.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { leftOf, server, type Service } from './service.js';

interface Document {
  id: string;
  state: string;
  reason: string | null;
  exit_code: number | null;
  results: string | null;
}

const spec = {
  ...{ name: 'results', max_duration: 120, create_timeout: 60, cpu: 10, memory: 16, storage: 10 },
  engine: { image: images.busybox, command: ['sleep', '100000'], artifacts: ['/out/**'] },
};

/** Queues a run whose engine runs a script. */
async function submit({ url, token }: Service, script: string): Promise<string> {
  const answer = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ spec, command: { argv: ['sh', '-c', script], env: { WORD: 'hello' } } }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as Document).id;
}

async function textOf({ url, token }: Service, path: string): Promise<string> {
  return (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).text();
}

const patience = { withinMs: 60_000, everyMs: 200 };

function ended(service: Service, id: string): Promise<Document> {
  return until(
    'the run has ended and its results are settled',
    async () => {
      const run = (await service.run(id)) as unknown as Document;
      const isOver = ['completed', 'failed'].includes(run.state) && ['published', 'failed'].includes(run.results ?? '');
      return isOver && run;
    },
    patience,
  );
}

test.skipIf(!dockerAvailable())('a command outlives a killed service, runs once, and its results are published', async () => {
  const { on, start } = await server(`unix://${dockerSocket()}`);
  const published = await tempDir('published');
  await writeFile(join(on.home, 'mayfly.config.yaml'), JSON.stringify({ serve: { results: { publish: { directory: published } } } }));
  const first = await start();
  const script = 'mkdir /out; echo started >> /out/log; echo $WORD; until [ -e /go ]; do sleep 0.1; done; echo done; exit 3';
  const id = await submit(first, script);
  await until('the command writes', async () => (await textOf(first, `/v1/runs/${id}/output`)) === 'hello\n', patience);
  first.cli.child.kill('SIGKILL');
  await first.cli.done;
  const second = await start();
  const following = textOf(second, `/v1/runs/${id}/output?follow=true`);
  const [engine] = await leftOf(id);
  execFileSync('docker', ['-H', `unix://${dockerSocket()}`, 'exec', engine!, 'touch', '/go']);
  expect(await ended(second, id)).toMatchObject({ state: 'failed', reason: 'command_exited', exit_code: 3, results: 'published' });
  expect(await following).toBe('hello\ndone\n');
  const content = 'started\n';
  expect(JSON.parse(await textOf(second, `/v1/runs/${id}/results`))).toMatchObject({
    ...{ exit_code: 3, place: join(published, id), missing: [], output: { tail: 'hello\ndone\n', bytes: 11, cut: false } },
    files: [
      { path: 'artifacts/out/log', bytes: 8, sha256: createHash('sha256').update(content).digest('hex') },
      { path: 'output.log', bytes: 11 },
    ],
  });
  expect(await readFile(join(published, id, 'artifacts/out/log'), 'utf8')).toBe(content);
  expect(await leftOf(id)).toEqual([]);
  const copies = await tempDir('copies');
  const env = { MAYFLY_SERVER: second.url, MAYFLY_TOKEN: second.token };
  expect(await runCli(['runs', id, '--results', copies], { machine: on, env })).toMatchObject({
    ...{ code: 0, stdout: '', stderr: `Copied 2 files to ${copies}.\n` },
  });
  expect(await readFile(join(copies, 'output.log'), 'utf8')).toBe('hello\ndone\n');
  expect(await readFile(join(copies, 'artifacts/out/log'), 'utf8')).toBe(content);
  const shown = (await runCli(['runs', id], { machine: on, env })).stdout;
  expect(shown).toMatch(/^ {2}exit code +3$/m);
  expect(shown).toMatch(/^ {2}results +published$/m);
  expect((await second.events(id)).match(/command_started|command_ended/g)).toEqual(['command_started', 'command_ended']);
});

/** Whether this user may mount a file system in memory. */
function mounts(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!dockerAvailable())('a full disk fails the results, and leaves the exit code and no worker', async ({ skip }) => {
  const small = await tempDir('small');
  if (!mounts(small)) skip('needs the right to mount');
  afterTest(() => void execFileSync('umount', [small]));
  const { on, start } = await server(`unix://${dockerSocket()}`);
  const directory = join(small, 'results');
  await mkdir(directory, { mode: 0o700 });
  await writeFile(join(on.home, 'mayfly.config.yaml'), JSON.stringify({ serve: { results: { directory } } }));
  const service = await start();
  const id = await submit(service, 'mkdir /out; head -c 1000000 /dev/zero > /out/large');
  expect(await ended(service, id)).toMatchObject({ state: 'completed', reason: 'command_exited', exit_code: 0, results: 'failed' });
  expect(JSON.parse(await textOf(service, `/v1/runs/${id}/results`))).toMatchObject({
    error: {
      code: 'storage_full',
      cause: expect.stringContaining('no space left for the results: ENOSPC') as string,
      remedy: expect.stringContaining('`serve.results.directory`') as string,
    },
  });
  expect([await readdir(directory), await leftOf(id)]).toEqual([[], []]);
});

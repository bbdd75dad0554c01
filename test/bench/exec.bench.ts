import { type ChildProcess, spawn } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { cancelOn } from '../../src/backends/shared/cancel.js';
import { execIn } from '../../src/backends/docker/exec.js';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../src/backends/docker/http-client.js';
import { makeContainer } from '../backends/docker/scoped-exec/scene.js';
import { dockerSocket, images } from '../support/docker.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';
import { execInRun } from '../../src/client/exec/exec.js';
import { servedRun } from './served-run.js';
import { interleaved, report, runProcess, timed } from './measure.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 41);
const gigabyte = 2 ** 30;
/** Bytes of a trip through the service. */
const tripBytes = Number(process.env['MAYFLY_BENCH_BYTES'] ?? gigabyte);

async function startServer(worker: string): Promise<{ socketPath: string; pid: number }> {
  const socketPath = `${await tempDir('exec')}/docker.sock`;
  const args = ['scripts/run-ts.mjs', 'test/bench/exec-server.ts', socketPath, dockerSocket(), worker];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  afterTest(() => child.kill());
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => (chunk.includes('ready') ? resolve() : console.log(chunk.toString())));
    child.once('exit', () => reject(new Error('the server ended')));
  });
  return { socketPath, pid: child.pid! };
}

/** MB that the process had in memory at most so far. */
async function peak(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** The same bytes each time, which nothing can compress or take for repeated. */
function* bytes(total: number): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const block = Buffer.alloc(2 ** 18);
  for (let sent = 0; sent < total; sent += block.length) yield cipher.update(block);
}

/** Sends the bytes through `cat` in the container. @returns the hashes of what went in and what came out */
async function roundTrip(host: string, container: string): Promise<{ sent: string; came: string }> {
  const sent = createHash('sha256');
  const came = createHash('sha256');
  const child: ChildProcess = spawn('docker', ['exec', '-i', container, 'cat'], { env: { ...process.env, DOCKER_HOST: host } });
  const input = Readable.from(bytes(gigabyte)).on('data', (chunk: Buffer) => sent.update(chunk));
  await Promise.all([pipeline(input, child.stdin!), pipeline(child.stdout!, came)]);
  return { sent: sent.digest('hex'), came: came.digest('hex') };
}

test('exec through the scoped socket against the bare one', async () => {
  const worker = uniqueName();
  const own = await makeContainer(`mayfly-${worker}.build`, { worker, daemon: dockerSocket(), image: images.busybox });
  const { socketPath, pid } = await startServer(worker);
  const hosts = { bare: `unix://${dockerSocket()}`, scoped: `unix://${socketPath}` };

  const latency = (host: string) => {
    const http = new HttpClient(parseEndpoint(host, null, process.env));
    const sink = () => new PassThrough().resume();
    return () =>
      timed(async () => {
        expect(
          await execIn(http, own.id, {
            command: ['true'],
            streams: { stdin: null, stdout: sink(), stderr: sink() },
            cancel: cancelOn(new AbortController().signal),
          }),
        ).toBe(0);
      });
  };
  const calls = await interleaved(rounds, { bare: latency(hosts.bare), scoped: latency(hosts.scoped) });
  report('exec create + start + inspect, bare', calls.bare);
  report('the same, scoped', calls.scoped, { name: 'bare', ms: calls.bare, aim: '< 1.2' });

  const client = (host: string) => () =>
    timed(() => runProcess('docker', ['exec', own.name, 'true'], { env: { ...process.env, DOCKER_HOST: host } }));
  const clients = await interleaved(rounds, { bare: client(hosts.bare), scoped: client(hosts.scoped) });
  report('docker exec, bare', clients.bare);
  report('the same, scoped', clients.scoped, { name: 'bare', ms: clients.bare, aim: '< 1.2' });

  const peaks = [await peak(pid)];
  const trip = (host: string) => async () => {
    const ms = await timed(async () => {
      const { sent, came } = await roundTrip(host, own.name);
      expect(came).toBe(sent);
    });
    if (host === hosts.scoped) peaks.push(await peak(pid));
    return ms;
  };
  const trips = await interleaved(3, { bare: trip(hosts.bare), scoped: trip(hosts.scoped) });
  report('1 GB through stdin and stdout, bare', trips.bare);
  report('the same, scoped, intact', trips.scoped, { name: 'bare', ms: trips.bare, aim: '< 1.5' });
  const [before, ...after] = peaks.map((mb) => mb.toFixed(0));
  console.log(`the server's memory at most: ${before} MB before, ${after.join(', ')} MB after each GB (aim: does not grow with them)`);
});

test('exec through the service against the bare API', async () => {
  const { connection, id, container, service } = await servedRun();
  const http = new HttpClient(parseEndpoint(`unix://${dockerSocket()}`, null, process.env));
  const sink = () => new PassThrough().resume();
  type Run = (command: string[], stdin: Readable | null, stdout: NodeJS.WritableStream) => Promise<number>;
  const cancel = cancelOn(new AbortController().signal);
  const bare: Run = (command, stdin, stdout) => execIn(http, container, { command, streams: { stdin, stdout, stderr: sink() }, cancel });
  const through: Run = async (command, stdin, stdout) =>
    (await execInRun(connection, id, { command, container: 'engine', streams: { stdin, stdout, stderr: sink() }, cancel })).code;

  const latency = (run: Run) => () => timed(async () => expect(await run(['true'], null, sink())).toBe(0));
  const calls = await interleaved(rounds, { bare: latency(bare), through: latency(through) });
  report('exec of true, bare', calls.bare);
  report('the same, through the service', calls.through, { name: 'bare', ms: calls.bare, aim: '≤ 1.3' });

  const peaks = [await peak(service.pid!)];
  const trip = (run: Run) => async () => {
    const [sent, came] = [createHash('sha256'), createHash('sha256')];
    const input = Readable.from(
      (function* () {
        for (const block of bytes(tripBytes)) {
          sent.update(block);
          yield block;
        }
      })(),
      { highWaterMark: 1 },
    );
    const output = new PassThrough({ highWaterMark: 2 ** 18 }).on('data', (chunk: Buffer) => came.update(chunk));
    const ms = await timed(async () => expect(await run(['cat'], input, output)).toBe(0));
    expect(came.digest('hex')).toBe(sent.digest('hex'));
    if (run === through) peaks.push(await peak(service.pid!));
    return ms;
  };
  const trips = await interleaved(3, { bare: trip(bare), through: trip(through) });
  report('1 GB through stdin and stdout, bare', trips.bare);
  report('the same, through the service, intact', trips.through, { name: 'bare', ms: trips.bare, aim: '≤ 1.43, throughput ≥ 0.7' });
  const [before, ...after] = peaks.map((mb) => mb.toFixed(0));
  console.log(`the service's memory at most: ${before} MB before, ${after.join(', ')} MB after each GB (aim: does not grow with them)`);
});

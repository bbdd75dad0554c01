import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { openDocker } from '../backends/docker/support.js';
import { dockerAvailable, removeObject } from '../support/docker.js';
import { type DockerProxy, startDockerProxy } from '../support/docker-proxy.js';
import { remember } from '../support/remember.js';
import { until } from '../support/poll.js';
import { machine } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';
import { all } from './classes.js';
import { type Member, startCrowd, writeLeases } from './crowd.js';
import { type Destroyed, watchDestroyed } from './destroyed.js';
import { dockerAt, startKeeper } from './keeper.js';

const size = all ? 100 : 30;
/** The connections that mayfly keeps to one daemon. */
const connections = 48;
/** Milliseconds that a worker may be later than the bare removal, and how many of them. */
const aim = 2000;
const share = 0.95;
const day = 24 * 3600 * 1000;
/** On a machine that is busy with other things, where the bare removal itself takes long: this part of what it takes. */
const noise = 0.4;

/**
 * Lateness is how long after its deadline a worker is gone, less the grace that it used. These containers end at the first TERM, so
 * the grace is 0 and all of it is counted. What the daemon itself takes for as many removals on this machine is measured in the
 * same run, before and after, since what else the machine does changes meanwhile; worker by worker in the order of their going, the
 * slower of the two is what is compared. Both go through a proxy of the same kind, behind which the daemon's clock is a day ahead: no
 * other keeper of this daemon ends these workers too.
 */
test.skipIf(!dockerAvailable())(
  `${size} workers due in the same second are gone as fast as Docker removes ${size} containers`,
  async () => {
    await ensureBridge();
    const destroyed = await watchDestroyed();
    const before = await bareRemoval(destroyed);
    const { late, memory } = await dueAtOnce(destroyed);
    const after = await bareRemoval(destroyed);
    const bare = before.map((ms, i) => Math.max(ms, after[i]!));
    const tolerance = Math.max(aim, noise * bare.at(-1)!);
    const behind = late.map((ms, i) => ms - bare[i]!);
    const within = behind.filter((ms) => ms <= tolerance).length / size;
    const lines = [
      `lateness of ${size} workers: ${summary(late)}`,
      `bare removal of ${size}, before: ${summary(before)}; after: ${summary(after)}`,
      `behind it: ${summary(behind.sort((a, b) => a - b))}; ${(within * 100).toFixed(0)} % within ${(tolerance / 1000).toFixed(1)} s`,
      `keeper: ${memory}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(within).toBeGreaterThanOrEqual(share);
  },
);

async function ensureBridge(): Promise<void> {
  const backend = openDocker();
  await backend.prepare();
  backend.close();
}

/** Stop and remove, all at once, over as many connections; milliseconds from the first call, sorted. */
async function bareRemoval(destroyed: Destroyed): Promise<number[]> {
  const crowd = await started(false);
  const { socketPath } = await proxyFor(crowd);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const began = Date.now();
  await Promise.all(
    crowd.map(async ({ id }) => {
      await call(socketPath, agent, 'POST', `/containers/${id}/stop?t=10`);
      await call(socketPath, agent, 'DELETE', `/containers/${id}?force=true&v=true`);
    }),
  );
  agent.destroy();
  await until('all are told', () => crowd.every(({ id }) => destroyed.times.has(id)));
  return crowd.map(({ id }) => destroyed.times.get(id)! - began).sort((a, b) => a - b);
}

/** Milliseconds from the deadline until container and lease are gone, sorted. */
async function dueAtOnce(destroyed: Destroyed): Promise<{ late: number[]; memory: string }> {
  const crowd = await started(true);
  const proxy = await proxyFor(crowd);
  const one = await machine();
  await Promise.all(crowd.map(({ worker }) => remember(one.stateDir, 'docker', worker)));
  const keeper = await startKeeper(one, dockerAt(proxy.host));
  // Further off than the keeper's next look.
  const due = Math.ceil(Date.now() / 1000) * 1000 + 15_000;
  await writeLeases(crowd, (due + day) / 1000);
  const goneAt = ({ id, lease }: Member) => Math.max(destroyed.times.get(id) ?? Infinity, destroyed.times.get(lease) ?? Infinity);
  const early = () => crowd.filter((member) => destroyed.times.has(member.id) && destroyed.times.get(member.id)! < due);
  await until('all are gone', () => crowd.every((member) => goneAt(member) < Infinity), { withinMs: 180_000, everyMs: 100 });
  expect(early()).toEqual([]);
  const memory = /^VmRSS.*$/m.exec(readFileSync(`/proc/${keeper.pid}/status`, 'utf8'))?.[0];
  const peak = /^VmHWM.*$/m.exec(readFileSync(`/proc/${keeper.pid}/status`, 'utf8'))?.[0];
  await keeper.kill();
  return {
    late: crowd.map((member) => goneAt(member) - due).sort((a, b) => a - b),
    memory: [memory, peak].join(', ').replace(/\s+/g, ' '),
  };
}

async function proxyFor(crowd: readonly Member[]): Promise<DockerProxy> {
  const workers = new Set(crowd.map(({ worker }) => worker));
  const proxy = await startDockerProxy({ shows: (worker) => workers.has(worker), ahead: day });
  afterTest(() => proxy.close());
  return proxy;
}

async function started(owned: boolean): Promise<Member[]> {
  const crowd = await startCrowd(size, owned);
  afterTest(async () => {
    for (const { id, lease } of crowd)
      await Promise.all([removeObject({ kind: 'container', id }), removeObject({ kind: 'volume', id: lease })]);
  });
  return crowd;
}

function call(socketPath: string, agent: Agent, method: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, agent, method, path: `/v1.41${path}` }, (res) => {
      res.resume().once('end', () => resolve());
    });
    req.once('error', reject).end();
  });
}

function summary(sorted: readonly number[]): string {
  const at = (quantile: number) => `${(sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))]! / 1000).toFixed(2)} s`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`;
}

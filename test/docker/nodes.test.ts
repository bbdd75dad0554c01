import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { listening } from '../support/listening.js';
import { until } from '../support/poll.js';
import { spawnCli } from '../support/run-cli.js';
import { leftOf, small, worker } from './support.js';

interface NodeAnswer {
  used: { cpu: number; memory: number };
  running: { runs: string[] };
  others: number;
}

describe.skipIf(!dockerAvailable())('nodes of the service on real Docker', () => {
  test('a worker of the command line is counted, and neither made a run nor ended', async () => {
    const own = await worker(small);
    await own.apply();
    const service = await spawnCli(['serve', '--port', '0'], { machine: own.machine, env: own.env });
    const { url, token } = await listening(service);
    const ask = async (path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`${url}${path}`, { headers, ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }) });
      return (await answer.json()) as Record<string, unknown>;
    };
    const docker = async () =>
      ((await ask('/v1/nodes'))['nodes'] as (NodeAnswer & { name: string })[]).find(({ name }) => name === 'docker')!;

    const { id } = await ask('/v1/runs', { spec: { ...small, name: 'counted', cpu: 150 } });
    await until('the run is running', async () => (await ask(`/v1/runs/${String(id)}`))['state'] === 'running', { withinMs: 60_000 });
    const node = await docker();
    // Tests share the daemon, so others' workers may be there as well.
    expect(node.running.runs).toEqual([id]);
    expect(node.others).toBeGreaterThanOrEqual(1);
    expect(node.used.cpu).toBeGreaterThanOrEqual(100 + 150);

    await ask(`/v1/runs/${String(id)}/cancel`, {});
    await until('the run is cancelled', async () => (await ask(`/v1/runs/${String(id)}`))['state'] === 'cancelled', { withinMs: 60_000 });
    expect(await leftOf(own.name)).not.toEqual([]);
    expect((await own.must(['list'])).stdout).toContain(own.name);
    service.child.kill('SIGTERM');
    expect((await service.done).code).toBe(0);
  });
});
